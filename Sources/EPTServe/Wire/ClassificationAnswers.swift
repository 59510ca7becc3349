import EPTFormat

/// What a task says of the texts of one request, in the shapes of others' servers.
struct ClassificationAnswers {
  let task: String
  let labels: [String]
  /// `[texts][labels]`, each of which sums to 1.
  let probabilities: [[Float]]

  /// The labels of text `index` by falling probability, those of the same one in the task's order.
  private func ranking(_ index: Int) -> [Int] {
    let row = probabilities[index]
    return row.indices.sorted { (row[$1], $0) < (row[$0], $1) }
  }

  /// Hugging Face's and text-embeddings-inference's: a list of labels with their scores for each text, the
  /// best first; for a text that stands on its own, its list alone.
  ///
  /// At most `top` labels a text are listed.
  func labelScores(isSingle: Bool, top: Int? = nil) -> String {
    var json = JSONText()
    func list(_ index: Int, _ json: inout JSONText) {
      json.append(list: ranking(index).prefix(top ?? labels.count)) { label, json in
        json.append("{\"label\":")
        json.append(quoted: labels[label])
        json.append(",\"score\":\(probabilities[index][label])}")
      }
    }
    if isSingle {
      list(0, &json)
    } else {
      json.append(list: probabilities.indices, list)
    }
    return json.text
  }

  /// vLLM's: an object with the best label and all probabilities of each text.
  ///
  /// `created` is in seconds since 1970, `tokens` the number of tokens of all texts.
  func classificationResponse(id: String, created: Int, tokens: Int) -> String {
    var json = JSONText()
    json.append("{\"id\":\"\(id)\",\"object\":\"list\",\"created\":\(created),\"model\":")
    json.append(quoted: task)
    json.append(",\"data\":")
    json.append(list: probabilities.indices) { index, json in
      json.append("{\"index\":\(index),\"label\":")
      json.append(quoted: labels[ranking(index)[0]])
      json.append(",\"probs\":")
      json.append(numbers: probabilities[index])
      json.append(",\"num_classes\":\(labels.count)}")
    }
    json.append(
      ",\"usage\":{\"prompt_tokens\":\(tokens),\"total_tokens\":\(tokens),\"completion_tokens\":0,"
        + "\"prompt_tokens_details\":null}}")
    return json.text
  }
}
