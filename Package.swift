// swift-tools-version: 6.1

import PackageDescription

// The commit that `eptc --version` names; scripts/package sets it. It comes by the environment, since SwiftPM keeps what it
// read of this file until the file or the environment changes.
let commit = (Context.environment["EPTC_COMMIT"] ?? "").filter { character in
  character.isASCII && (character.isLetter || character.isNumber || character == "-")
}

// The rooms, top to bottom: a target may depend only on targets above it.
// docs/explanation/architecture.md draws the data's way through them.
let package = Package(
  name: "eptc",
  products: [
    .executable(name: "eptc", targets: ["eptc"]),
    // What a program that embeds the toolchain uses, and the rooms whose errors it may catch.
    .library(name: "EPTInfer", targets: ["EPTInfer"]),
    .library(name: "EPTConvert", targets: ["EPTConvert"]),
    .library(name: "EPTTrain", targets: ["EPTTrain"]),
    .library(name: "EPTTask", targets: ["EPTTask"]),
    .library(name: "EPTModel", targets: ["EPTModel"]),
    .library(name: "EPTText", targets: ["EPTText"]),
    .library(name: "EPTData", targets: ["EPTData"]),
    .library(name: "EPTFormat", targets: ["EPTFormat"]),
    .library(name: "EPTSystem", targets: ["EPTSystem"]),
    // The C library: Sources/CEPTC/include/eptc.h. `scripts/library` installs it as libeptc.
    .library(name: "EPTC", type: .dynamic, targets: ["EPTLibrary"]),
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
    .target(name: "CEPTBuild", cSettings: [.define("EPT_COMMIT", to: "\"\(commit)\"")]),
    .target(name: "CEPTKernels"),
    .target(name: "CEPTSystem"),
    .target(name: "CEPTStart", dependencies: ["CEPTSystem"]),
    .target(name: "EPTSystem", dependencies: ["CEPTSystem"]),
    .target(
      name: "EPTFormat",
      dependencies: ["EPTSystem", "CNettle", "CXXHash", "CZlib", "CZstd", "CEPTKernels"]),
    .target(name: "EPTData", dependencies: ["EPTSystem", "EPTFormat", "CZlib", "CZstd"]),
    .target(name: "EPTText", dependencies: ["EPTSystem", "EPTFormat"]),
    .target(name: "EPTCompute", dependencies: ["CEPTSystem", "EPTSystem", "CEPTKernels"]),
    .target(
      name: "EPTLayers", dependencies: ["EPTFormat", "EPTCompute", "CEPTKernels"]),
    .target(
      name: "EPTModel",
      dependencies: ["EPTSystem", "EPTFormat", "EPTText", "EPTCompute", "EPTLayers"]),
    .target(
      name: "EPTTask",
      dependencies: ["EPTSystem", "EPTCompute", "EPTFormat", "EPTData", "EPTText", "EPTModel"]),
    .target(
      name: "EPTConvert",
      dependencies: ["EPTSystem", "EPTCompute", "CEPTKernels", "EPTFormat", "EPTText", "EPTModel"]),
    .target(
      name: "EPTTrain",
      dependencies: ["EPTSystem", "EPTCompute", "EPTFormat", "EPTText", "EPTModel", "EPTTask"]),
    .target(
      name: "EPTInfer",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTFormat", "EPTData", "EPTText", "EPTModel", "EPTTask",
      ]),
    .target(
      name: "EPTReport",
      dependencies: ["EPTSystem", "EPTCompute", "EPTFormat", "EPTModel", "EPTTask"]),
    .target(name: "CEPTC"),
    .target(
      name: "EPTLibrary",
      dependencies: [
        "CEPTC", "EPTSystem", "EPTFormat", "EPTText", "EPTModel", "EPTTask", "EPTTrain", "EPTInfer",
      ]),
    .target(
      name: "EPTCommandLine",
      dependencies: [
        "CEPTBuild", "CEPTSystem", "EPTSystem", "EPTCompute", "EPTFormat", "EPTData", "EPTText",
        "EPTModel", "EPTTask", "EPTConvert", "EPTTrain", "EPTInfer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "eptc",
      dependencies: [
        "CEPTSystem", "CEPTStart", "EPTCommandLine", "EPTSystem", "EPTCompute", "EPTFormat",
        "EPTData", "EPTText",
        "EPTModel", "EPTTask", "EPTConvert", "EPTTrain", "EPTInfer", "EPTReport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "answer-lines", dependencies: ["EPTInfer"], path: "examples/library",
      exclude: ["Package.swift"]),
    .executableTarget(
      name: "eptbench",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTFormat", "EPTText", "EPTModel", "EPTTask", "EPTTrain",
        "EPTInfer",
      ],
      path: "Benchmarks/eptbench"),

    .target(
      name: "EPTTestSupport", dependencies: ["EPTSystem", "EPTFormat"], path: "Tests/EPTTestSupport"
    ),
    .testTarget(name: "EPTSystemTests", dependencies: ["EPTSystem", "EPTTestSupport"]),
    .testTarget(
      name: "EPTFormatTests",
      dependencies: ["EPTSystem", "EPTFormat", "EPTTestSupport", "CEPTKernels"]),
    .testTarget(
      name: "EPTDataTests",
      dependencies: ["EPTSystem", "EPTData", "EPTFormat", "EPTTestSupport"]),
    .testTarget(
      name: "EPTTextTests", dependencies: ["EPTSystem", "EPTText", "EPTFormat", "EPTTestSupport"]),
    .testTarget(
      name: "EPTModelTests",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTLayers", "EPTModel", "EPTConvert", "EPTFormat", "EPTText",
        "EPTTestSupport",
        "CEPTKernels",
      ]),
    .testTarget(
      name: "EPTTaskTests",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTTask", "EPTModel", "EPTText", "EPTData", "EPTFormat",
        "EPTTestSupport",
      ]),
    .testTarget(
      name: "EPTConvertTests",
      dependencies: [
        "EPTSystem", "EPTConvert", "EPTModel", "EPTText", "EPTFormat", "EPTTestSupport",
      ]),
    .testTarget(
      name: "EPTTrainTests",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTTrain", "EPTTask", "EPTModel", "EPTConvert", "EPTFormat",
        "EPTText",
        "EPTTestSupport",
      ]),
    .testTarget(
      name: "EPTInferTests",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTInfer", "EPTTask", "EPTModel", "EPTConvert", "EPTData",
        "EPTFormat", "EPTText",
        "EPTTestSupport",
      ]),
    .target(name: "CEPTTestSupport", path: "Tests/CEPTTestSupport"),
    .testTarget(
      name: "EPTFuzzTests",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTConvert", "EPTTask", "EPTModel", "EPTText", "EPTFormat",
        "EPTTestSupport", "CEPTTestSupport",
      ]),
    .testTarget(
      name: "EPTReportTests",
      dependencies: [
        "EPTSystem", "EPTCompute", "EPTReport", "EPTTask", "EPTModel", "EPTFormat",
        "EPTTestSupport",
      ]),
    .testTarget(
      name: "eptcTests",
      dependencies: ["eptc", "answer-lines", "EPTSystem", "EPTFormat", "EPTTestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)

// `eptc serve` is an executable of its own, so that neither a start nor a build of `eptc` pays for a server.
// Hummingbird needs Swift 6.2; with an older one everything else still builds.
#if compiler(>=6.2)
  package.dependencies += [
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.10.0"),
  ]
  package.products += [.executable(name: "eptc-serve", targets: ["eptc-serve"])]
  package.targets += [
    .target(
      name: "EPTServe",
      dependencies: [
        "EPTSystem", "EPTFormat", "EPTModel", "EPTTask", "EPTInfer",
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),
    .executableTarget(
      name: "eptc-serve",
      dependencies: [
        "EPTCommandLine", "EPTServe", "EPTSystem", "EPTFormat", "EPTTask", "EPTInfer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(
      name: "EPTServeTests",
      dependencies: [
        "eptc-serve", "eptc", "EPTServe", "EPTConvert", "EPTSystem", "EPTFormat", "EPTModel",
        "EPTTask", "EPTText", "EPTInfer", "EPTTestSupport",
        .product(name: "CoreMetrics", package: "swift-metrics"),
      ]),
  ]
#endif

// `scripts/docc` sets the variable. Nothing else needs the plugin, so nobody else fetches or builds it.
if Context.environment["EPT_DOCC"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}
