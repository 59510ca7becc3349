// swift-tools-version: 6.1

import PackageDescription

// The example as a package of its own, as a program that uses eptc is one. Such a program names the repository's
// address in place of the path.
let package = Package(
  name: "answer-lines",
  dependencies: [.package(name: "eptc", path: "../..")],
  targets: [
    .executableTarget(
      name: "answer-lines", dependencies: [.product(name: "EPTInfer", package: "eptc")], path: ".",
      sources: ["AnswerLines.swift"])
  ],
  swiftLanguageModes: [.v6]
)
