// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nothing that only measures is part of what ships.
let package = Package(
    name: "informer",
    dependencies: [.package(name: "kpipe-sidecar", path: "../..")],
    targets: [
        .executableTarget(
            name: "informer",
            dependencies: ["KubeModel", "KubeClient", "KubeRuntime"].map {
                .product(name: $0, package: "kpipe-sidecar")
            })
    ],
    swiftLanguageModes: [.v6]
)
