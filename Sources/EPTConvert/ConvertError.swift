/// What can go wrong in `EPTConvert`.
public enum ConvertError: Error, Equatable, Sendable {
}
