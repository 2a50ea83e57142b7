// swift-tools-version: 6.2
import PackageDescription

/// Our own code is built as Swift 6, with warnings as errors in CI (`scripts/check`).
let ours: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library of the system: a module map over its headers. `scripts/setup` installs the Debian package.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// Optimised for size in a release build: what waits for others nearly all of its time.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

func module(_ name: String, _ dependencies: [Target.Dependency], _ more: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: ours + more)
}

/// Tests of one target; every one may use `TestSupport` (real servers, temporary folders, virtual clocks).
func tests(of name: String, _ more: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + more,
        path: "Tests/\(name)Tests", swiftSettings: ours)
}

/// The same sources a second time, in embedded Swift, for the static entrypoint: without the runtime it is a tenth the
/// size and starts without looking anything up. The folder is a link, and the alias lets `import` name the original.
func embedded(_ name: String, _ dependencies: [String]) -> Target {
    let aliases = dependencies.flatMap { ["-module-alias", "\($0)=Embedded\($0)"] }
    return .target(
        name: "Embedded\(name)", dependencies: dependencies.map { .target(name: "Embedded\($0)") } + ["CLinux"],
        path: "Sources/Embedded/\(name)",
        swiftSettings: ours + [
            .enableExperimentalFeature("Embedded"),
            // There is one embedded standard library, whichever way the others are linked.
            .unsafeFlags(["-wmo", "-O", "-no-static-stdlib", "-Xfrontend", "-function-sections"] + aliases),
        ])
}

#if arch(arm64)
    let triple = "aarch64-unknown-linux-gnu"
#else
    let triple = "x86_64-unknown-linux-gnu"
#endif

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
/// Besides, for what speaks TLS and WebSocket.
let nioStreams: [Target.Dependency] = [
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOTLS", package: "swift-nio"),
]

let package = Package(
    name: "kpipe-sidecar",
    products: [
        .executable(name: "kpipe-sidecar", targets: ["kpipe-sidecar"]),
        .executable(name: "kpipe-entrypoint", targets: ["kpipe-entrypoint"]),
        .executable(name: "kpipe-exit", targets: ["kpipe-exit"]),
        // For `Benchmarks/informer`, a package of its own.
        .library(name: "KubeClient", targets: ["KubeClient", "KubeModel"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CYaml", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        // Linked statically (see `Transfer`): the shared library brings libxml2 and with it 36 MB of ICU.
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
        system("CExpat", pkgConfig: "expat", apt: "libexpat1-dev"),
        .target(name: "CLinux"),
        .target(name: "CIdle"),
        .target(name: "CChecksum", cSettings: [.unsafeFlags(["-O3"])]),

        module("WorkdirProtocol", ["CLinux"]),
        module("YAMLTree", ["CYaml"]),
        module("Configuration", ["WorkdirProtocol", "YAMLTree"]),
        module("Render", ["KubeModel", "WorkdirProtocol", "YAMLTree"]),
        module("KubeModel", ["YAMLTree"]),
        module("ContainerRuntime", ["HTTPTransport"]),
        module(
            "KubeClient",
            ["WorkdirProtocol", "KubeModel", "HTTPTransport", "YAMLTree", "Telemetry", "CCrypto", "CLinux", logging]
                + nio + nioStreams),
        module("Telemetry", ["YAMLTree", logging] + nio),
        module("HTTPTransport", ["WorkdirProtocol", "CCurl"]),
        .target(
            name: "Transfer",
            dependencies: ["WorkdirProtocol", "HTTPTransport", "CCrypto", "CArchive", "CExpat", "CLinux", "CChecksum"],
            swiftSettings: ours,
            // Of the static libarchive only the readers that are called are linked, and so only what those need. What
            // libcurl needs besides stays shared.
            linkerSettings: [
                .unsafeFlags(["archive", "lzma", "bz2", "nettle"].flatMap { ["-Xlinker", "-l:lib\($0).a"] }),
                .linkedLibrary("z"), .linkedLibrary("zstd"),
            ]),
        module(
            "Terminator",
            [
                "Configuration", "WorkdirProtocol", "HTTPTransport", "KubeModel", "KubeClient", "ContainerRuntime",
                "YAMLTree", "Telemetry", "CIdle", logging,
            ]),
        module(
            "SidecarAgent",
            [
                "Configuration", "WorkdirProtocol", "YAMLTree", "Telemetry", "HTTPTransport", "Transfer", "KubeModel",
                "KubeClient", "Terminator", "CIdle", "CLinux", logging,
            ] + nio, small),
        module(
            "Admission",
            [
                "Configuration", "WorkdirProtocol", "YAMLTree", "Render", "KubeModel", "KubeClient", "Terminator",
                "Telemetry", "CCrypto", logging,
            ] + nio + nioStreams, small),
        module("Entrypoint", ["WorkdirProtocol", "CLinux"]),

        .executableTarget(
            name: "kpipe-sidecar",
            dependencies: [
                "Admission", "Configuration", "SidecarAgent", "Terminator", "ContainerRuntime", "KubeClient",
                "KubeModel",
                "Transfer",
                "Telemetry", "WorkdirProtocol", "Render", "YAMLTree", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: ours + small,
            // 5 MB less in the image: no table of symbols that nobody looks up, relocations in the compact form, of the
            // C++ library only what is called.
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-L\(Context.packageDirectory)/Sources/LinkedStatically",
                        "-use-ld=lld", "-Xlinker", "--icf=safe", "-Xlinker", "--no-export-dynamic",
                        "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
                    ], .when(configuration: .release))
            ]),
        embedded("WorkdirProtocol", []),
        embedded("Entrypoint", ["WorkdirProtocol"]),
        .executableTarget(
            name: "kpipe-entrypoint", dependencies: ["EmbeddedEntrypoint"],
            linkerSettings: [
                .unsafeFlags(["-no-static-stdlib", "-enable-experimental-feature", "Embedded", "-use-ld=lld"]),
                // The driver asks for a position-independent program as well, which clang would warn that it ignores.
                .unsafeFlags(["-Xclang-linker", "-static", "-Xclang-linker", "-Wno-unused-command-line-argument"]),
                .unsafeFlags(["-Xlinker", "--gc-sections", "-Xlinker", "-s"]),
                // Comparing text needs Unicode's tables; a release build compares bytes only and drops them again.
                .unsafeFlags(["-Xlinker", "-l:../embedded/\(triple)/libswiftUnicodeDataTables.a"]),
            ]),
        // The exit image's program, without libc. The driver's embedded mode keeps Swift's own start-up files out, too.
        .executableTarget(
            name: "kpipe-exit",
            linkerSettings: [
                .unsafeFlags(["-no-static-stdlib", "-enable-experimental-feature", "Embedded", "-use-ld=lld"]),
                .unsafeFlags(["-Xclang-linker", "-nostdlib", "-Xclang-linker", "-static"]),
                .unsafeFlags(["-Xclang-linker", "-Wno-unused-command-line-argument"]),
                .unsafeFlags(["-Xlinker", "-s", "-Xlinker", "--build-id=none"]),
            ]),

        .target(
            name: "TestSupport", dependencies: ["CLinux"], path: "Tests/Support",
            exclude: ["FakeKube", "FakeKubeProgram", "ElectorProgram", "Scenarios", "CZlib"],
            swiftSettings: ours),
        // An API server for tests: a store, its rules, a socket.
        .target(
            name: "FakeKube", dependencies: ["TestSupport", "YAMLTree", "CZlib"] + nio + nioStreams,
            path: "Tests/Support/FakeKube", swiftSettings: ours),
        // The same as a program, for benchmarks that measure its clients from outside.
        .executableTarget(
            name: "fake-kube", dependencies: ["FakeKube", "TestSupport"], path: "Tests/Support/FakeKubeProgram",
            swiftSettings: ours),
        // Jobs with sidecars and what becomes of them, for a real node and a simulated one.
        .target(
            name: "TerminatorScenarios", dependencies: ["FakeKube", "YAMLTree"], path: "Tests/Support/Scenarios",
            swiftSettings: ours),
        // A contender for leadership as a process of its own, which tests stop, cut off and give a wrong clock.
        .executableTarget(
            name: "elector", dependencies: ["KubeClient", "KubeModel", "YAMLTree", logging],
            path: "Tests/Support/ElectorProgram", swiftSettings: ours),
        .systemLibrary(
            name: "CZlib", path: "Tests/Support/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        tests(of: "FakeKube", ["YAMLTree", "HTTPTransport"]),
        tests(of: "WorkdirProtocol"),
        tests(of: "YAMLTree"),
        tests(of: "Render", ["YAMLTree"]),
        tests(of: "ContainerRuntime", ["HTTPTransport"]),
        tests(of: "KubeModel", ["YAMLTree"]),
        tests(
            of: "KubeClient",
            ["KubeModel", "HTTPTransport", "YAMLTree", "Telemetry", "FakeKube", logging] + nio + nioStreams),
        tests(of: "Telemetry"),
        tests(of: "HTTPTransport"),
        tests(of: "Transfer", ["WorkdirProtocol", "HTTPTransport"]),
        tests(
            of: "SidecarAgent",
            ["Configuration", "WorkdirProtocol", "HTTPTransport", "Transfer", "KubeModel", "KubeClient", "YAMLTree"]),
        tests(
            of: "Terminator",
            [
                "Configuration", "ContainerRuntime", "HTTPTransport", "KubeModel", "KubeClient", "YAMLTree",
                "Telemetry",
                "FakeKube", "TerminatorScenarios", logging,
            ]),
        tests(
            of: "Admission",
            ["KubeModel", "KubeClient", "Render", "Terminator", "YAMLTree", "Telemetry", "FakeKube", logging]),
        tests(of: "Entrypoint", ["WorkdirProtocol"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TestSupport", "WorkdirProtocol", "FakeKube", "TerminatorScenarios", "YAMLTree", "ContainerRuntime",
            ], path: "Tests/EndToEnd", swiftSettings: ours),
    ],
    swiftLanguageModes: [.v6]
)
