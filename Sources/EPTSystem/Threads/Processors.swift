import CEPTSystem
import Glibc

/// How many processors this process may use.
package enum Processors {
  /// The most threads that anything here works with, whatever is asked for.
  package static let mostThreads = 1_024

  /// How many processors this process may use: those in its affinity mask, but no more than the CPU
  /// time that its control group allows.
  package static let available: Int = {
    let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let allowed = Int(ept_processors_allowed())
    let quota = ControlGroup(membership: "/proc/self/cgroup", root: "/sys/fs/cgroup").processors
    return min(mostThreads, allowed > 0 ? allowed : online, quota ?? .max)
  }()

  /// `threads` as a library takes them: at least one, at most `mostThreads`.
  package static func bounded(_ threads: Int) -> Int {
    min(max(1, threads), mostThreads)
  }
}

/// The control group of a process, as Linux has them, in version 1 or 2.
struct ControlGroup {
  /// A file of lines such as `0::/docker/x`, which say in which groups the process is.
  let membership: String
  /// Where the groups' files are mounted.
  let root: String

  /// How many processors' time the group may use, rounded up; nil without a limit.
  ///
  /// The limits of all groups around it hold as well. A container often sees its own group at the root,
  /// whatever name the group has outside.
  var processors: Int? {
    let lines = (Self.text(membership) ?? "").split(separator: "\n")
    var limits: [Double] = []
    for line in lines {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let group = String(parts[2])
      if parts[0] == "0", parts[1].isEmpty {
        limits += folders(root, group).compactMap(Self.limitOfVersion2)
      } else if parts[1].split(separator: ",").contains("cpu") {
        for mount in [String(parts[1]), "cpu"] {
          limits += folders("\(root)/\(mount)", group).compactMap(Self.limitOfVersion1)
        }
      }
    }
    return limits.min().map { max(1, Int($0.rounded(.up))) }
  }

  /// The folder of `group` below `mount`, and all around it.
  private func folders(_ mount: String, _ group: String) -> [String] {
    var folders = [mount]
    for name in group.split(separator: "/") where name != ".." {
      folders.append("\(folders[folders.count - 1])/\(name)")
    }
    return folders
  }

  /// `max 100000` or `150000 100000`.
  private static func limitOfVersion2(_ folder: String) -> Double? {
    let numbers = (text("\(folder)/cpu.max") ?? "").split { $0 == " " || $0 == "\n" }
    guard numbers.count == 2 else { return nil }
    return limit(quota: numbers[0], period: numbers[1])
  }

  /// Microseconds of each period in a file each; a quota of -1 is none.
  private static func limitOfVersion1(_ folder: String) -> Double? {
    guard let quota = text("\(folder)/cpu.cfs_quota_us"),
      let period = text("\(folder)/cpu.cfs_period_us")
    else { return nil }
    return limit(
      quota: quota.prefix { $0 != "\n" }, period: period.prefix { $0 != "\n" })
  }

  private static func limit(quota: Substring, period: Substring) -> Double? {
    guard let quota = Double(quota), let period = Double(period), quota > 0, period > 0,
      quota / period < 1e6
    else { return nil }
    return quota / period
  }

  /// The first 4,096 bytes of a small file; nil where it cannot be read.
  private static func text(_ path: String) -> String? {
    let descriptor = path.withPath { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &bytes, bytes.count)
    return count >= 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}
