import EPTModel

extension Responder {
  /// The replies to each record's questions, or why it has none.
  ///
  /// A text that the model refuses fails the batch that it is in: then each record is answered alone, so
  /// that the others have their answers.
  func results(for records: [PendingRecord]) throws -> [Result<[Reply], RecordFault>] {
    do {
      return zip(records, try replies(to: records)).map { record, replies in
        guard let place = replies.firstIndex(where: { $0 == nil }) else {
          return .success(replies.compactMap { $0 })
        }
        let name = record.prompts.prompts[record.questions[place].place].name
        return .failure(.noScore(prompt: name))
      }
    } catch let error as ModelError {
      guard records.count > 1 else {
        return records.map { _ in .failure(.refused(reason: "\(error)")) }
      }
      return try records.flatMap { try results(for: [$0]) }
    }
  }
}
