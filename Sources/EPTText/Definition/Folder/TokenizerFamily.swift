/// What a tokenizer's class in `transformers` means beyond its `tokenizer.json`.
enum TokenizerFamily: Equatable {
  /// What `tokenizer.json` says, and nothing else.
  case plain
  /// BertNormalizer with the configuration's settings.
  case bert
  case mpnet
  /// ByteLevel with the configuration's `add_prefix_space`.
  case roberta
  case gpt2
  case qwen2
  case t5
  case xlmRoberta
  case camembert
  case debertaV2
  case metaspacePairs

  /// The family of a class's name; nil for classes that eptc does not know.
  init?(tokenizerClass name: String) {
    switch name.hasSuffix("Fast") ? String(name.dropLast(4)) : name {
    case "TokenizersBackend", "PreTrainedTokenizer", "GPTNeoXTokenizer", "ModernBertTokenizer":
      self = .plain
    case "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer",
      "ConvBertTokenizer", "SqueezeBertTokenizer":
      self = .bert
    case "MPNetTokenizer": self = .mpnet
    case "RobertaTokenizer", "LongformerTokenizer", "BartTokenizer": self = .roberta
    case "GPT2Tokenizer": self = .gpt2
    case "Qwen2Tokenizer": self = .qwen2
    case "T5Tokenizer", "MT5Tokenizer": self = .t5
    case "XLMRobertaTokenizer": self = .xlmRoberta
    case "CamembertTokenizer": self = .camembert
    case "DebertaV2Tokenizer": self = .debertaV2
    case "LlamaTokenizer", "GemmaTokenizer": self = .metaspacePairs
    default: return nil
    }
  }

  /// The family of a model's type in `config.json`, where no class is named.
  init(modelType: String?) {
    switch modelType {
    case "bert", "distilbert", "electra", "mobilebert", "convbert", "squeezebert": self = .bert
    case "mpnet": self = .mpnet
    case "roberta", "longformer", "bart": self = .roberta
    case "gpt2": self = .gpt2
    case "qwen2", "qwen3": self = .qwen2
    case "t5", "mt5": self = .t5
    case "xlm-roberta": self = .xlmRoberta
    case "camembert": self = .camembert
    case "deberta-v2": self = .debertaV2
    default: self = .plain
    }
  }

  /// Whether the class builds its normalizer from the configuration.
  var usesBertNormalizer: Bool { self == .bert || self == .mpnet }

  /// Whether the class builds ByteLevel from the configuration.
  var usesByteLevel: Bool { self == .roberta || self == .gpt2 || self == .qwen2 }
}
