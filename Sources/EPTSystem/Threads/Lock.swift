import Glibc

/// A mutex with one condition, for waiting until something under it has changed.
final class Lock: @unchecked Sendable {
  // Unchecked, since both are the system's own, made for several threads.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` while no other thread holds the lock.
  func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Wakes all who wait; to be called under the lock.
  func notify() { pthread_cond_broadcast(changed) }

  /// Lets go of the lock until someone notifies; to be called under the lock, in a loop.
  func wait() { pthread_cond_wait(changed, mutex) }
}
