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

func tests(of name: String, _ more: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name)] + more,
        path: "Tests/\(name)Tests", exclude: exclude, swiftSettings: ours)
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

/// `KPIPE_PLAIN=1 swift build …` leaves out what makes the image small and the idle process quiet by reaching into others'
/// libraries (docs/decisions), for whoever suspects it.
let isPlain = Context.environment["KPIPE_PLAIN"] != nil

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
/// Besides, for streams into pods.
let nioStreams: [Target.Dependency] = [
    .product(name: "NIOWebSocket", package: "swift-nio"), .product(name: "NIOTLS", package: "swift-nio"), nioSSL,
]

let package = Package(
    name: "kpipe-sidecar",
    products: [
        .executable(name: "kpipe-sidecar", targets: ["kpipe-sidecar"]),
        .executable(name: "kpipe-entrypoint", targets: ["kpipe-entrypoint"]),
        .executable(name: "kpipe-exit", targets: ["kpipe-exit"]),
        .library(name: "KubeModel", targets: ["KubeModel"]),
        .library(name: "KubeClient", targets: ["KubeClient"]),
        .library(name: "KubeRuntime", targets: ["KubeRuntime"]),
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
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        .target(name: "CLinux"),
        isPlain
            ? .target(name: "CIdle", exclude: ["dispatch.c"], cSettings: [.define("KPIPE_PLAIN")])
            : .target(name: "CIdle"),
        .target(
            name: "FoundationStandIn",
            cSettings: [.define("KPIPE_WITHOUT_FOUNDATION", .when(configuration: .release))]),
        .target(name: "CArchiveCrypto"),
        .target(name: "CChecksum", cSettings: [.unsafeFlags(["-O3"])]),

        module("Basics", ["CLinux"]),
        module("WorkdirProtocol", ["Basics", "CLinux"]),
        module("YAMLTree", ["Basics", "CYaml"]),
        module("ConfigSchema", ["Basics", "WorkdirProtocol", "YAMLTree"], small),
        module("Telemetry", ["Basics", "YAMLTree", logging], small),
        module("HTTPTransport", ["Basics", "CCurl"], small),
        module("HTTPServer", ["Basics", nioSSL] + nio, small),
        .target(
            name: "Transfer",
            dependencies: [
                "Basics", "WorkdirProtocol", "HTTPTransport", "CCrypto", "CArchive", "CArchiveCrypto", "CExpat",
                "CLinux", "CChecksum", "CZlib",
            ],
            swiftSettings: ours + small,
            // Of the static libarchive only the readers that are called are linked, and so only what those need. What
            // libcurl needs besides stays shared.
            linkerSettings: [
                .unsafeFlags(["archive", "lzma", "bz2"].flatMap { ["-Xlinker", "-l:lib\($0).a"] }),
                .linkedLibrary("z"), .linkedLibrary("zstd"),
            ]),
        module("KubeModel", ["Basics"]),
        module(
            "KubeClient",
            ["Basics", "KubeModel", "HTTPTransport", "YAMLTree", "Telemetry", "CCrypto"] + nio + nioStreams, small),
        module(
            "KubeRuntime",
            ["Basics", "CLinux", "KubeModel", "KubeClient", "HTTPTransport", "YAMLTree", "Telemetry", logging]),
        module("PodRules", ["Basics", "KubeModel"], small),
        module("OperatorConfiguration", ["Basics", "YAMLTree", "ConfigSchema", "PodRules"], small),
        module("Conversion", ["Basics", "YAMLTree", "KubeModel", "PodRules"]),
        module("Report", ["Basics", "WorkdirProtocol", "YAMLTree"], small),
        module("ContainerRuntime", ["Basics", "HTTPTransport"], small),
        module(
            "Terminator",
            [
                "Basics", "WorkdirProtocol", "HTTPTransport", "HTTPServer", "KubeModel", "KubeClient", "KubeRuntime",
                "PodRules", "OperatorConfiguration", "Report", "ContainerRuntime", "YAMLTree", "Telemetry", logging,
            ], small),
        module(
            "SidecarAgent",
            [
                "Basics", "ConfigSchema", "WorkdirProtocol", "YAMLTree", "Telemetry", "HTTPTransport", "HTTPServer",
                "Transfer",
                "KubeModel", "KubeClient", "KubeRuntime", "PodRules", "Report", "CIdle", "CLinux", logging,
            ], small),
        module(
            "Admission",
            [
                "Basics", "YAMLTree", "Conversion", "KubeModel", "KubeClient", "KubeRuntime",
                "PodRules",
                "OperatorConfiguration", "HTTPServer", "Telemetry", "CCrypto", logging,
            ], small),
        module(
            "Render",
            [
                "Basics", "KubeModel", "PodRules", "Conversion", "WorkdirProtocol", "YAMLTree",
            ], small),
        module("Entrypoint", ["Basics", "WorkdirProtocol", "CLinux"]),

        .executableTarget(
            name: "kpipe-sidecar",
            dependencies: [
                "Basics", "CIdle", "ConfigSchema", "Admission", "SidecarAgent", "Terminator", "ContainerRuntime",
                "KubeClient",
                "KubeRuntime",
                "KubeModel", "PodRules", "OperatorConfiguration", "Conversion", "HTTPServer", "HTTPTransport", "Report",
                "Transfer", "Telemetry", "WorkdirProtocol", "Render", "YAMLTree", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + (isPlain ? [] : ["FoundationStandIn"]),
            swiftSettings: ours + small,
            // 6 MB less in the image: no table of symbols that nobody looks up, relocations in the compact form, of the
            // C++ library only what is called.
            linkerSettings: isPlain
                ? []
                : [
                    .unsafeFlags(
                        [
                            "-L\(Context.packageDirectory)/Sources/LinkedStatically",
                            "-use-ld=lld", "-Xlinker", "--icf=safe", "-Xlinker", "--no-export-dynamic",
                            "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
                            // Nor the index of what an exception would unwind: Swift throws none, and debuggers read the
                            // frames themselves.
                            "-Xlinker", "--no-eh-frame-hdr",
                            // It would be another each time, and there are no symbols elsewhere that it could lead to.
                            "-Xlinker", "--build-id=none",
                            // Nothing that is called is looked up, and could be redirected, while it runs.
                            "-Xlinker", "-z", "-Xlinker", "now",
                        ], .when(configuration: .release))
                ]),
        embedded("Basics", []),
        embedded("WorkdirProtocol", ["Basics"]),
        embedded("Entrypoint", ["Basics", "WorkdirProtocol"]),
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
            name: "TestSupport", dependencies: ["CLinux", "CChecksum", "CCrypto"], path: "Tests/Support",
            exclude: [
                "FakeKube", "FakeKubeProgram", "ScriptedAzureProgram", "KubeClients", "ElectorProgram", "Pods",
                "Scenarios",
                "DocumentedExamples",
            ],
            swiftSettings: ours),
        // An API server for tests: a store, its rules, a socket.
        .target(
            name: "FakeKube",
            dependencies: [
                "TestSupport", "Basics", "YAMLTree", "CZlib", .product(name: "NIOWebSocket", package: "swift-nio"),
                nioSSL,
            ] + nio,
            path: "Tests/Support/FakeKube", swiftSettings: ours),
        // The same as a program, for benchmarks that measure its clients from outside.
        .executableTarget(
            name: "fake-kube", dependencies: ["Basics", "FakeKube", "TestSupport"],
            path: "Tests/Support/FakeKubeProgram",
            swiftSettings: ours),
        // A store of which there is no emulator here, as a program for benchmarks.
        .executableTarget(
            name: "scripted-azure", dependencies: ["TestSupport"], path: "Tests/Support/ScriptedAzureProgram",
            swiftSettings: ours),
        // Clients for tests of what is built on them: in process, scripted, observed.
        .target(
            name: "KubeTestSupport",
            dependencies: [
                "TestSupport", "FakeKube", "Basics", "HTTPTransport", "KubeModel", "KubeClient", "YAMLTree",
            ],
            path: "Tests/Support/KubeClients", swiftSettings: ours),
        // Pods in a few words.
        .target(
            name: "PodTestSupport", dependencies: ["KubeModel", "PodRules"], path: "Tests/Support/Pods",
            swiftSettings: ours),
        // Jobs with sidecars and what becomes of them, for a real node and a simulated one.
        .target(
            name: "TerminatorScenarios", dependencies: ["FakeKube", "Basics", "YAMLTree"],
            path: "Tests/Support/Scenarios",
            swiftSettings: ours),
        // A contender for leadership as a process of its own, which tests stop, cut off and give a wrong clock.
        .executableTarget(
            name: "elector", dependencies: ["Basics", "KubeClient", "KubeRuntime", "KubeModel", "YAMLTree", logging],
            path: "Tests/Support/ElectorProgram", swiftSettings: ours),
        // What the libraries' documentation shows, with no more access than others have.
        .target(
            name: "DocumentedExamples", dependencies: ["KubeModel", "KubeClient", "KubeRuntime", logging],
            path: "Tests/Support/DocumentedExamples", packageAccess: false),
        tests(of: "FakeKube", ["Basics", "YAMLTree", "HTTPTransport", "TestSupport"]),
        tests(of: "Basics", ["WorkdirProtocol", "YAMLTree", "TestSupport"]),
        tests(of: "WorkdirProtocol", []),
        tests(of: "ConfigSchema", ["Basics", "YAMLTree"]),
        tests(of: "YAMLTree", ["Basics"]),
        tests(of: "Conversion", ["Basics", "YAMLTree", "PodRules", "TestSupport"]),
        tests(of: "Render", ["Basics", "YAMLTree", "KubeModel", "PodRules", "Conversion", "TestSupport"]),
        tests(of: "Report", ["Basics", "WorkdirProtocol", "YAMLTree", "TestSupport"], exclude: ["browser.py"]),
        tests(of: "ContainerRuntime", ["Basics", "HTTPTransport", "TestSupport"]),
        tests(of: "KubeModel", ["Basics", "TestSupport"]),
        tests(
            of: "KubeClient",
            [
                "Basics", "YAMLTree", "Telemetry", "HTTPTransport", "KubeModel", "TestSupport", "FakeKube",
                "KubeTestSupport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"), nioSSL,
            ]),
        tests(
            of: "KubeRuntime",
            [
                "Basics", "YAMLTree", "Telemetry", "HTTPTransport", "KubeModel", "KubeClient", "TestSupport",
                "FakeKube", "KubeTestSupport", "DocumentedExamples", logging,
            ]),
        tests(of: "Telemetry", [logging]),
        tests(
            of: "HTTPServer",
            [
                "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        tests(of: "HTTPTransport", ["CCurl", "TestSupport"]),
        tests(of: "Transfer", ["CChecksum", "Basics", "WorkdirProtocol", "HTTPTransport", "TestSupport"]),
        tests(of: "PodRules", ["KubeModel", "PodTestSupport"]),
        tests(of: "OperatorConfiguration", ["Basics", "ConfigSchema", "PodRules", "TestSupport"]),
        tests(
            of: "SidecarAgent",
            [
                "Basics", "WorkdirProtocol", "YAMLTree", "ConfigSchema", "Telemetry", "HTTPTransport", "HTTPServer",
                "Transfer", "KubeModel", "KubeClient", "PodRules", "Report", "Entrypoint", "TestSupport", logging,
            ]),
        tests(
            of: "Terminator",
            [
                "Basics", "YAMLTree", "Telemetry", "HTTPTransport", "KubeModel", "KubeClient", "KubeRuntime",
                "PodRules", "OperatorConfiguration", "ContainerRuntime", "Render", "TestSupport", "FakeKube",
                "KubeTestSupport", "PodTestSupport", "TerminatorScenarios", logging,
            ]),
        tests(
            of: "Admission",
            [
                "Basics", "YAMLTree", "Telemetry", "HTTPTransport", "HTTPServer", "KubeModel", "KubeClient",
                "KubeRuntime", "PodRules", "OperatorConfiguration", "Conversion", "Render", "TestSupport", "FakeKube",
                logging,
            ]),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Basics", "WorkdirProtocol", "YAMLTree", "KubeModel", "PodRules", "Conversion", "ContainerRuntime",
                "HTTPServer", "HTTPTransport", "KubeClient", "Transfer", "SidecarAgent", "Terminator", "Admission",
                "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ], path: "Tests/Fuzz", exclude: ["Program"], swiftSettings: ours),
        tests(of: "Entrypoint", ["WorkdirProtocol", "TestSupport"]),
        // An executable's entry point has another name in tests, so that it can be linked into them.
        .testTarget(
            name: "KpipeSidecarTests",
            dependencies: [
                "kpipe-sidecar", "WorkdirProtocol", "KubeClient", "KubeModel", "Telemetry", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: ours),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TestSupport", "Basics", "WorkdirProtocol", "FakeKube", "TerminatorScenarios", "YAMLTree",
                "ContainerRuntime", "KubeModel", "PodRules", "Conversion", "SidecarAgent", "Terminator", "Admission",
                "Report",
            ], path: "Tests/EndToEnd", swiftSettings: ours),
        // Main and tenants as enemies, against the built programs.
        .testTarget(
            name: "HostileTests", dependencies: ["TestSupport", "FakeKube", "Basics", "YAMLTree"],
            path: "Tests/Hostile", swiftSettings: ours),
    ],
    swiftLanguageModes: [.v6]
)

// While one works on one part: `KPIPE_TESTS=PodRulesTests,TerminatorTests swift test` builds and links those alone.
if let wanted = Context.environment["KPIPE_TESTS"]?.split(separator: ",") {
    package.targets.removeAll { $0.type == .test && !wanted.contains(Substring($0.name)) }
}

// `scripts/fuzz`: the same parsers under libFuzzer, in a build of its own.
if Context.environment["KPIPE_FUZZ"] != nil, let tests = package.targets.first(where: { $0.name == "FuzzTests" }) {
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: tests.dependencies.filter { "\($0)" != "TestSupport" },
            path: "Tests/Fuzz/Program",
            swiftSettings: ours + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]))
}

// `scripts/check --sanitize`: the static programs have no room for a sanitizer's runtime, and what tests the programs as
// they are shipped needs those. The entrypoint is built as an ordinary program instead.
if Context.environment["KPIPE_SANITIZED"] != nil {
    let unsanitized = ["kpipe-exit", "EndToEndTests"]
    package.targets.removeAll { $0.name.hasPrefix("Embedded") || unsanitized.contains($0.name) }
    package.products.removeAll { unsanitized.contains($0.name) }
    for target in package.targets where target.name == "kpipe-entrypoint" {
        target.dependencies = ["Entrypoint"]
        target.linkerSettings = nil
    }
}

// The documentation of the libraries is made by a plugin, which nobody else needs.
if Context.environment["KPIPE_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
