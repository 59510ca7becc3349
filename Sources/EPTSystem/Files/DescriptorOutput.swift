import Glibc

/// Writing to a descriptor that is open already: standard output, a log.
package enum DescriptorOutput {
  /// Why a descriptor takes no more bytes.
  package enum Failure: Error, Equatable {
    /// Whoever read them has gone.
    case closed
    /// `reason` is the system's own text.
    case system(reason: String)
  }

  /// Writes all of `bytes`, waiting for whoever reads them.
  ///
  /// - Throws: `Failure`; part of them may be written by then.
  package static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
    let failure: Failure? = bytes.withUnsafeBytes { bytes in
      do throws(Failure) {
        try write(bytes, to: descriptor)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
  ) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let count = Glibc.write(descriptor, part.baseAddress, part.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 {
        throw .system(reason: "nothing more could be written")
      } else if errno == EPIPE {
        throw .closed
      } else if errno == EAGAIN {
        // Someone else made the descriptor non-blocking.
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&request, 1, -1)
      } else if errno != EINTR {
        throw .system(reason: systemReason())
      }
    }
  }
}
