/// Reads what a pickle says about tensors, without ever doing what it says.
///
/// A pickle is a program for a stack machine that may call any Python function. This reader knows
/// the operations that PyTorch writes for a dictionary of tensors, and five names besides the
/// storage types; each only builds a value of `Value`. Every other operation or name is refused.
/// Work is bounded by the pickle's length, memory by the file's.
struct TensorPickle {
  /// A tensor as a pickle describes it.
  struct Tensor {
    let storage: Storage
    /// Elements of the storage before the tensor's first.
    let offset: Int
    let shape: [Int]
    /// Elements from one index to the next, for each dimension.
    let strides: [Int]

    /// Whether the elements lie one after another, the last dimension's closest.
    ///
    /// Each stride is the product of the sizes behind it; of one index, none is taken.
    var isRowMajor: Bool {
      guard !shape.contains(0) else { return true }
      var expected = 1
      for (size, stride) in zip(shape, strides).reversed() {
        guard size == 1 || stride == expected else { return false }
        expected *= size
      }
      return true
    }
  }

  /// The file of numbers that tensors are views of.
  struct Storage {
    let type: SafetensorsType
    /// The file's name below `data/`.
    let key: String
    /// Elements.
    let count: Int
  }

  /// A dictionary, shared by all that name it as Python's are.
  private final class Dictionary {
    var items: [(key: String, value: Value)] = []
  }

  private enum Name {
    case rebuildTensor, rebuildParameter, orderedDictionary
    case storage(SafetensorsType)
  }

  private indirect enum Value {
    case none
    case bool(Bool)
    case integer(Int)
    case string(String)
    /// `depth` tuples lie within one another at most, this one included.
    case tuple([Value], depth: Int)
    case dictionary(Dictionary)
    case name(Name)
    case storage(Storage)
    case tensor(Tensor)
  }

  /// Deeper than PyTorch nests, and shallow enough to be taken apart on any stack.
  private static let deepestTuple = 16

  /// The pickle's name in messages.
  private static let location = "data.pkl"

  private let path: String
  private let start: Int
  private var reader: FieldReader
  private var stack: [Value] = []
  /// Depths of the stack where `MARK` stood.
  private var marks: [Int] = []
  private var memo: [UInt32: Value] = [:]
  private var dictionaries: [Dictionary] = []
  /// Bytes that further values may take.
  private var memory: Int

  /// What a value costs on the stack, whose array doubles where it is full, in a tuple and in the memo.
  private static let valueSize = 4 * MemoryLayout<Value>.stride + 64
  /// What a dictionary costs besides: an object and its place in a list.
  private static let dictionarySize = 128

  private init(_ bytes: UnsafeRawBufferPointer, path: String, fileSize: Int) {
    self.path = path
    memory = JSONParser.memory(forFileOf: fileSize)
    reader = FieldReader(bytes)
    start = bytes.count
  }

  /// The tensors of the dictionary that the pickle `bytes` describes, in its order.
  ///
  /// `fileSize` is that of the file around it, whose tensors it can describe.
  ///
  /// - Throws: `FormatError.corrupt` or `.unsupported`.
  static func tensors(
    _ bytes: UnsafeRawBufferPointer, path: String, fileSize: Int
  ) throws -> [(name: String, tensor: Tensor)] {
    var machine = TensorPickle(bytes, path: path, fileSize: fileSize)
    // A dictionary may hold itself.
    defer { for dictionary in machine.dictionaries { dictionary.items = [] } }
    guard case .dictionary(let result) = try machine.run() else {
      throw machine.fault("it is no dictionary of tensors")
    }
    return result.items.compactMap { item in
      guard case .tensor(let tensor) = item.value else { return nil }
      return (item.key, tensor)
    }
  }

  private func fault(_ reason: String) -> FormatError {
    .corrupt(
      path: path, location: "\(Self.location), byte \(start - reader.remaining)", reason: reason)
  }

  private func unsupported(_ what: String) -> FormatError {
    .unsupported(
      path: path, what: "\(what) in its pickle",
      hint: "only tensors are read and nothing is run; save the tensors as safetensors")
  }

  private mutating func run() throws -> Value {
    while let operation = reader.integer(UInt8.self) {
      if operation == UInt8(ascii: ".") { return try pop() }
      // An operation keeps one value at most that it does not take from the stack.
      if !Self.freeOperations.contains(operation) { try count(Self.valueSize) }
      try perform(operation)
    }
    throw fault("it ends without its end mark")
  }

  /// Operations that keep nothing, or only what others have counted.
  private static let freeOperations: Set<UInt8> = [
    0x80, 0x95, UInt8(ascii: "t"), 0x85, 0x86, 0x87, UInt8(ascii: "Q"), UInt8(ascii: "R"),
    UInt8(ascii: "s"), UInt8(ascii: "u"), UInt8(ascii: "b"),
  ]

  private mutating func count(_ bytes: Int) throws {
    guard bytes <= memory else { throw fault("more values than the size of the file allows") }
    memory -= bytes
  }

  /// Does one operation, by its code in Python's `pickletools`.
  private mutating func perform(_ operation: UInt8) throws {
    switch operation {
    case 0x80: _ = try integer(UInt8.self)  // PROTO
    case 0x95: _ = try integer(UInt64.self)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "}"): stack.append(.dictionary(try newDictionary()))
    case UInt8(ascii: ")"): stack.append(.tuple([], depth: 1))
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try integer(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try integer(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try integer(UInt16.self))))
    case UInt8(ascii: "G"):  // BINFLOAT: a number beside the tensors, which nobody asks for.
      _ = try integer(UInt64.self)
      stack.append(.none)
    case 0x8A: stack.append(.integer(try longInteger()))
    case UInt8(ascii: "X"): stack.append(.string(try string(Int(try integer(UInt32.self)))))
    case 0x8C: stack.append(.string(try string(Int(try integer(UInt8.self)))))
    case UInt8(ascii: "q"): memo[UInt32(try integer(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[try integer(UInt32.self)] = try top()
    case 0x94: memo[UInt32(truncatingIfNeeded: memo.count)] = try top()
    case UInt8(ascii: "h"): try recall(UInt32(try integer(UInt8.self)))
    case UInt8(ascii: "j"): try recall(try integer(UInt32.self))
    case UInt8(ascii: "t"): try pushTuple(try popToMark())
    case 0x85: try pushTuple(try pop(1))
    case 0x86: try pushTuple(try pop(2))
    case 0x87: try pushTuple(try pop(3))
    case UInt8(ascii: "c"): stack.append(.name(try name(module: try line(), try line())))
    case 0x93: try stackGlobal()
    case UInt8(ascii: "Q"):
      let identity = try pop()
      stack.append(.storage(try storage(identity)))
    case UInt8(ascii: "R"): try call()
    case UInt8(ascii: "s"):
      let items = try pop(2)
      try setItems(items)
    case UInt8(ascii: "u"):
      let items = try popToMark()
      try setItems(items)
    case UInt8(ascii: "b"): _ = try pop()  // BUILD: what a state dictionary says about itself.
    default: throw unsupported("operation 0x\(String(operation, radix: 16))")
    }
  }
}

extension TensorPickle {
  private mutating func integer<Field: FixedWidthInteger & BitwiseCopyable>(
    _ type: Field.Type
  ) throws -> Field {
    guard let value = reader.integer(type) else { throw fault("it ends within a number") }
    return value
  }

  /// LONG1: a two's complement number of at most 8 bytes, in little-endian order.
  private mutating func longInteger() throws -> Int {
    let count = Int(try integer(UInt8.self))
    guard count <= 8, let bytes = reader.take(count) else { throw fault("a number too long") }
    var value: UInt64 = (bytes.last ?? 0) & 0x80 == 0 ? 0 : .max
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return Int(Int64(bitPattern: value))
  }

  private mutating func string(_ count: Int) throws -> String {
    guard let bytes = reader.take(count), let text = String(validating: bytes, as: UTF8.self)
    else { throw fault("a text that is cut or no UTF-8") }
    return text
  }

  /// A text up to the next line feed.
  private mutating func line() throws -> String {
    var bytes: [UInt8] = []
    while let byte = reader.integer(UInt8.self) {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    throw fault("it ends within a name")
  }

  private func top() throws -> Value {
    guard let value = stack.last, stack.count > (marks.last ?? 0) else {
      throw fault("the stack is empty")
    }
    return value
  }

  private mutating func pop() throws -> Value {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws -> [Value] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("the stack is empty") }
    return pop(from: stack.count - count)
  }

  private mutating func popToMark() throws -> [Value] {
    guard let mark = marks.popLast() else { throw fault("no mark is set") }
    return pop(from: mark)
  }

  /// The values from place `first` on, one by one: a slice would hold the stack, which would be
  /// copied whole to be shortened.
  private mutating func pop(from first: Int) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(stack.count - first)
    for place in first..<stack.count { values.append(stack[place]) }
    stack.removeLast(stack.count - first)
    return values
  }

  /// It is mutating for speed.
  ///
  /// Otherwise it would be called on a copy of this value, made before the argument is popped, and
  /// each tuple would copy the whole stack.
  private mutating func pushTuple(_ parts: [Value]) throws {
    let depth = parts.reduce(0) { deepest, part in
      guard case .tuple(_, let depth) = part else { return deepest }
      return max(deepest, depth)
    }
    guard depth < Self.deepestTuple else { throw fault("tuples nested too deeply") }
    stack.append(.tuple(parts, depth: depth + 1))
  }

  private mutating func recall(_ index: UInt32) throws {
    guard let value = memo[index] else { throw fault("nothing was kept as number \(index)") }
    stack.append(value)
  }

  private mutating func newDictionary() throws -> Dictionary {
    try count(Self.dictionarySize)
    let dictionary = Dictionary()
    dictionaries.append(dictionary)
    return dictionary
  }

  private mutating func stackGlobal() throws {
    let parts = try pop(2)
    guard case .string(let module) = parts[0], case .string(let name) = parts[1] else {
      throw fault("a name that is no text")
    }
    stack.append(.name(try self.name(module: module, name)))
  }

  private func name(module: String, _ name: String) throws -> Name {
    switch (module, name) {
    case ("torch._utils", "_rebuild_tensor_v2"): return .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): return .rebuildParameter
    case ("collections", "OrderedDict"): return .orderedDictionary
    case ("torch", _):
      if let type = Self.storageTypes[name] { return .storage(type) }
    default: break
    }
    throw unsupported("name `\(module).\(name)`")
  }

  private static let storageTypes: [String: SafetensorsType] = [
    "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16, "DoubleStorage": .f64,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool,
  ]

  /// `('storage', type, key, place, count)`.
  private func storage(_ value: Value) throws -> Storage {
    guard case .tuple(let parts, _) = value, parts.count == 5, case .string("storage") = parts[0],
      case .name(.storage(let type)) = parts[1], case .string(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { throw fault("a storage that is described otherwise than PyTorch does") }
    return Storage(type: type, key: key, count: count)
  }

  /// `REDUCE`: what Python would call, here built as a value or refused.
  private mutating func call() throws {
    let parts = try pop(2)
    guard case .name(let name) = parts[0], case .tuple(let arguments, _) = parts[1] else {
      throw fault("a call of what is no function")
    }
    switch name {
    case .orderedDictionary where arguments.isEmpty:
      stack.append(.dictionary(try newDictionary()))
    case .rebuildParameter:
      guard let tensor = arguments.first, case .tensor = tensor else {
        throw fault("a parameter that is no tensor")
      }
      stack.append(tensor)
    case .rebuildTensor: stack.append(.tensor(try tensor(arguments)))
    case .orderedDictionary, .storage: throw fault("a call that PyTorch does not write")
    }
  }

  /// `(storage, offset, shape, strides, requires_grad, hooks)`.
  private func tensor(_ arguments: [Value]) throws -> Tensor {
    func sizes(_ value: Value) -> [Int]? {
      guard case .tuple(let parts, _) = value, parts.count <= 8 else { return nil }
      let sizes = parts.compactMap { part -> Int? in
        guard case .integer(let size) = part, size >= 0 else { return nil }
        return size
      }
      return sizes.count == parts.count ? sizes : nil
    }
    guard arguments.count >= 6, case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1], offset >= 0, let shape = sizes(arguments[2]),
      let strides = sizes(arguments[3]), strides.count == shape.count
    else { throw fault("a tensor that is described otherwise than PyTorch does") }
    return Tensor(storage: storage, offset: offset, shape: shape, strides: strides)
  }

  private mutating func setItems(_ parts: [Value]) throws {
    guard case .dictionary(let dictionary) = try top(), parts.count % 2 == 0 else {
      throw fault("items for what is no dictionary")
    }
    for index in stride(from: 0, to: parts.count, by: 2) {
      guard case .string(let key) = parts[index] else {
        throw unsupported("a key that is no text")
      }
      dictionary.items.append((key, parts[index + 1]))
    }
  }
}
