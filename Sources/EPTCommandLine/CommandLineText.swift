import EPTSystem
import Glibc

/// What the process was started with, names of files byte by byte as they are.
///
/// Swift's own list mends what is no UTF-8, after which no file has the name.
package enum CommandLineText {
  /// The arguments, without the program's name.
  package static let arguments: [String] = {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { PathBytes.text(cString: $0) }
    }
  }()

  /// The environment's variable `name`; nil if it is unset or empty.
  package static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return PathBytes.text(cString: value)
  }
}
