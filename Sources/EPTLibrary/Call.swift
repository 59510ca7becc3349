import CEPTC
import EPTSystem
import Glibc

/// Where a function puts its message.
typealias MessagePlace = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

/// Runs `body`, and tells the caller in C what came of it.
func call(_ message: MessagePlace, _ body: () throws -> eptc_status) -> eptc_status {
  message?.pointee = nil
  do {
    return try body()
  } catch {
    message?.pointee = strdup("\(error)".printable)
    return eptc_status(error)
  }
}

/// Objects on their way to and from the caller in C, who holds them by a pointer.
enum Handle {
  /// A pointer that keeps `object` until it is closed.
  static func give(_ object: some AnyObject) -> OpaquePointer {
    OpaquePointer(Unmanaged.passRetained(object).toOpaque())
  }

  /// The object at `pointer`, nil for NULL.
  static func borrow<Object: AnyObject>(
    _ pointer: OpaquePointer?, as type: Object.Type
  ) -> Object? {
    pointer.map { Unmanaged<Object>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
  }

  /// The object at `pointer`, the argument called `name`.
  ///
  /// - Throws: `LibraryError.null`.
  static func require<Object: AnyObject>(
    _ pointer: OpaquePointer?, as type: Object.Type, _ name: String
  ) throws -> Object {
    try require(borrow(pointer, as: type), name)
  }

  /// Lets go of the object at `pointer`.
  static func close<Object: AnyObject>(_ pointer: OpaquePointer?, as type: Object.Type) {
    guard let pointer else { return }
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).release()
  }

  /// `value`, the argument called `name`.
  ///
  /// - Throws: `LibraryError.null`.
  static func require<Value>(_ value: Value?, _ name: String) throws -> Value {
    guard let value else { throw LibraryError.null(argument: name) }
    return value
  }
}
