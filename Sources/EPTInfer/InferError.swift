/// What can go wrong in `EPTInfer`.
public enum InferError: Error, Equatable, Sendable {
}
