/// What can go wrong in `EPTTask`.
public enum TaskError: Error, Equatable, Sendable {
}
