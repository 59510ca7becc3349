/// What can go wrong in `EPTTrain`.
public enum TrainError: Error, Equatable, Sendable {
}
