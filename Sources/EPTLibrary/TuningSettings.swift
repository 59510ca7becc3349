import EPTFormat
import EPTModel
import EPTTrain

/// Settings of tuning as a JSON object: the long flags of `eptc tune`, with `_` for `-`.
enum TuningSettings {
  /// What `text` sets, nil for nothing; null leaves a setting to its rule.
  ///
  /// - Throws: `LibraryError.setting` or `.argument`; `TrainError.invalidSetting`.
  static func read(_ text: String?) throws -> TrainingSettings {
    var settings = TrainingSettings()
    guard let text else { return settings }
    let json: JSON
    do {
      json = try JSON(parsing: text)
    } catch {
      throw LibraryError.argument(name: "settings", reason: "is no JSON: \(error)")
    }
    guard let members = json.object else {
      throw LibraryError.argument(name: "settings", reason: "must be a JSON object")
    }
    for member in members where member.value != .null {
      try set(member.key, Value(name: member.key, json: member.value), &settings)
    }
    try settings.validate()
    return settings
  }

  private static func set(
    _ name: String, _ value: Value, _ settings: inout TrainingSettings
  ) throws {
    switch name {
    case "method": settings.method = try value.choice()
    case "schedule": settings.schedule = try value.choice()
    case "pooling": settings.pooling = try value.choice() as Pooling
    case "seed": settings.seed = try value.seed
    case "steps": settings.steps = try value.integer
    case "batch": settings.batch = try value.integer
    case "accumulate": settings.accumulation = try value.integer
    case "shots": settings.shots = try value.integer
    case "warm_up": settings.warmUp = try value.integer
    case "evaluate_every": settings.evaluationInterval = try value.integer
    case "patience": settings.patience = try value.integer
    case "longest_run": settings.longestRun = try value.integer
    case "prompt_length": settings.promptLength = try value.integer
    case "input_length": settings.inputLength = try value.integer
    case "rank": settings.rank = try value.integer
    case "subspaces": settings.subspaces = try value.integer
    case "subspace_width": settings.subspaceWidth = try value.integer
    case "nominal_length": settings.nominalLength = try value.integer
    case "fusion": settings.usesFusion = try value.truth
    case "depth": settings.depth = try value.depth
    case "depth_subspaces": settings.depthSubspaces = try value.integer
    case "depth_width": settings.depthWidth = try value.integer
    default: try setNumber(name, value, &settings)
    }
  }

  private static func setNumber(
    _ name: String, _ value: Value, _ settings: inout TrainingSettings
  ) throws {
    switch name {
    case "alpha": settings.alpha = try value.number
    case "fusion_scale": settings.fusionScale = try value.number
    case "depth_rate": settings.depthRate = try value.number
    case "prompt_rate": settings.promptRate = try value.number
    case "low_rank_rate": settings.lowRankRate = try value.number
    case "subspace_rate": settings.subspaceRate = try value.number
    case "head_rate": settings.headRate = try value.number
    case "weight_decay": settings.weightDecay = try value.number
    case "clip": settings.gradientClip = try value.number
    default:
      throw LibraryError.setting(
        name: name, reason: "is unknown; they are the long flags of `eptc help tune`, with _ for -")
    }
  }

  /// One setting's value.
  private struct Value {
    let name: String
    let json: JSON

    private func fault(_ reason: String) -> LibraryError { .setting(name: name, reason: reason) }

    var integer: Int {
      get throws {
        guard let value = json.integer else { throw fault("must be a whole number") }
        return value
      }
    }

    var seed: UInt64 {
      get throws {
        guard let value = UInt64(exactly: try integer) else { throw fault("must be 0 or more") }
        return value
      }
    }

    var number: Float {
      get throws {
        guard let value = json.number else { throw fault("must be a number") }
        return Float(value)
      }
    }

    var truth: Bool {
      get throws {
        guard let value = json.bool else { throw fault("must be true or false") }
        return value
      }
    }

    var depth: DepthChoice {
      get throws {
        guard let choice = json.string.flatMap({ DepthChoice($0) }) else {
          throw fault("must be \"all\", \"last:M\" or \"none\"")
        }
        return choice
      }
    }

    func choice<Choice: RawRepresentable & CaseIterable>() throws -> Choice
    where Choice.RawValue == String {
      guard let choice = json.string.flatMap({ Choice(rawValue: $0) }) else {
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw fault("must be one of: \(all)")
      }
      return choice
    }
  }
}
