import EPTConvert

/// What `convert` says of a conversion.
struct ConversionReport {
  private let conversion: ConversionSummary
  private let output: String

  /// Describes `conversion`, whose file is or would be `output`.
  init(_ conversion: ConversionSummary, output: String) {
    self.conversion = conversion
    self.output = output
  }

  /// A row a tensor: encodings, sizes and bits for a weight; then all of them together.
  var table: String {
    var rows = [["tensor", "shape", "from", "to", "bytes", "stored", "bits/weight"]]
    for tensor in conversion.tensors {
      rows.append([
        tensor.name, Figures.shape(tensor.shape), tensor.sourceType.lowercased(),
        encoding(of: tensor),
        String(tensor.sourceSize), String(tensor.storedSize),
        Figures.decimals(tensor.bitsPerWeight, 2),
      ])
    }
    rows.append([
      "all", "", "", "", String(conversion.tensors.reduce(0) { $0 + $1.sourceSize }),
      String(conversion.tensors.reduce(0) { $0 + $1.storedSize }),
      Figures.decimals(conversion.bitsPerWeight, 2),
    ])
    return TextTable(rows, numbers: [4, 5, 6]).text
  }

  /// A row a tensor: the largest and the mean error.
  var errors: String {
    var rows = [["tensor", "from", "to", "largest error", "mean error"]]
    for tensor in conversion.tensors {
      rows.append([
        tensor.name, tensor.sourceType.lowercased(), encoding(of: tensor),
        tensor.error.map { Figures.scientific($0.maximum) } ?? "",
        tensor.error.map { Figures.scientific($0.mean) } ?? "",
      ])
    }
    return TextTable(rows, numbers: [3, 4]).text
  }

  /// What the checkpoint's user should know, one line each.
  var notes: [String] { conversion.notes }

  /// One line.
  var summary: String {
    let dropped =
      conversion.dropped.isEmpty
      ? "" : ", without \(conversion.dropped.count) that the model does not read"
    let pooling = conversion.pooling.map { ", \($0.rawValue) pooling" } ?? ""
    return
      "\(output): \(conversion.architecture)\(pooling), \(conversion.tensors.count) tensors\(dropped), "
      + "\(conversion.parameterCount) weights of \(Figures.decimals(conversion.bitsPerWeight, 2)) bits, "
      + "\(conversion.sourceSize) -> \(conversion.outputSize) bytes "
      + "(\(Figures.decimals(conversion.ratio, 3))), "
      + "fingerprint \(conversion.fingerprint.hex.prefix(12))"
  }

  private func encoding(of tensor: ConversionSummary.Tensor) -> String {
    tensor.codec == .raw ? tensor.encoding.name : "\(tensor.encoding.name) \(tensor.codec.name)"
  }
}
