// swift-tools-version: 6.1

import PackageDescription

// The rooms, top to bottom: a target may depend only on targets above it.
// docs/architecture.md draws the data's way through them.
let package = Package(
  name: "eptc",
  products: [
    .executable(name: "eptc", targets: ["eptc"]),
    .library(name: "EPTInfer", targets: ["EPTInfer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(
      name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(
      name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "CEPTKernels"),
    .target(name: "CEPTSystem"),
    .target(
      name: "EPTFormat",
      dependencies: ["CNettle", "CXXHash", "CZstd", "CEPTSystem", "CEPTKernels"]),
    .target(name: "EPTData", dependencies: ["CZlib", "CZstd", "EPTFormat"]),
    .target(name: "EPTText", dependencies: ["EPTFormat"]),
    .target(
      name: "EPTModel", dependencies: ["CEPTSystem", "CEPTKernels", "EPTFormat", "EPTText"]),
    .target(name: "EPTTask", dependencies: ["EPTFormat", "EPTData", "EPTText", "EPTModel"]),
    .target(
      name: "EPTConvert", dependencies: ["CEPTKernels", "EPTFormat", "EPTText", "EPTModel"]),
    .target(name: "EPTTrain", dependencies: ["EPTFormat", "EPTText", "EPTModel", "EPTTask"]),
    .target(
      name: "EPTInfer",
      dependencies: ["EPTFormat", "EPTData", "EPTText", "EPTModel", "EPTTask"]),
    .target(name: "EPTReport", dependencies: ["EPTFormat", "EPTModel", "EPTTask"]),
    .executableTarget(
      name: "eptc",
      dependencies: [
        "EPTFormat", "EPTData", "EPTText", "EPTModel", "EPTTask", "EPTConvert", "EPTTrain",
        "EPTInfer", "EPTReport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "answer-lines", dependencies: ["EPTInfer"], path: "examples/library"),
    .executableTarget(
      name: "eptbench",
      dependencies: ["EPTFormat", "EPTText", "EPTModel", "EPTTask", "EPTTrain", "EPTInfer"],
      path: "Benchmarks/eptbench"),

    .target(
      name: "EPTTestSupport", dependencies: ["EPTFormat"], path: "Tests/EPTTestSupport"),
    .testTarget(
      name: "EPTFormatTests", dependencies: ["EPTFormat", "EPTTestSupport", "CEPTKernels"]),
    .testTarget(
      name: "EPTDataTests", dependencies: ["EPTData", "EPTFormat", "EPTTestSupport"]),
    .testTarget(name: "EPTTextTests", dependencies: ["EPTText", "EPTFormat", "EPTTestSupport"]),
    .testTarget(
      name: "EPTModelTests",
      dependencies: [
        "EPTModel", "EPTConvert", "EPTFormat", "EPTText", "EPTTestSupport", "CEPTKernels",
      ]),
    .testTarget(
      name: "EPTTaskTests",
      dependencies: ["EPTTask", "EPTModel", "EPTText", "EPTData", "EPTFormat", "EPTTestSupport"]),
    .testTarget(
      name: "EPTConvertTests",
      dependencies: ["EPTConvert", "EPTModel", "EPTText", "EPTFormat", "EPTTestSupport"]),
    .testTarget(
      name: "EPTTrainTests",
      dependencies: [
        "EPTTrain", "EPTTask", "EPTModel", "EPTConvert", "EPTFormat", "EPTText", "EPTTestSupport",
      ]),
    .testTarget(
      name: "EPTInferTests",
      dependencies: [
        "EPTInfer", "EPTTask", "EPTModel", "EPTConvert", "EPTData", "EPTFormat", "EPTText",
        "EPTTestSupport",
      ]),
    .target(name: "CEPTTestSupport", path: "Tests/CEPTTestSupport"),
    .testTarget(
      name: "EPTFuzzTests",
      dependencies: ["EPTTask", "EPTModel", "EPTFormat", "EPTTestSupport", "CEPTTestSupport"]),
    .testTarget(
      name: "EPTReportTests",
      dependencies: ["EPTReport", "EPTTask", "EPTModel", "EPTFormat", "EPTTestSupport"]),
    .testTarget(
      name: "eptcTests", dependencies: ["eptc", "answer-lines", "EPTFormat", "EPTTestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
