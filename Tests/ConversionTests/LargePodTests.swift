import Glibc
import Testing

@testable import Conversion

/// What one pod or document holds thousands of: each is looked at a few times, and not once for each other one.
@Suite struct LargePodTests {
    private static let marker = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"

    private static func pod(_ count: Int, annotations: [String] = [], _ sidecar: (Int) -> String = { _ in "tty: true" })
        -> String
    {
        let containers = (0..<count).map { index in
            """
                - name: main-\(index)
                  image: a
                  ports: [{containerPort: \(index + 1)}]
                - name: side-\(index)
                  image: b
                  env: [{name: \(marker), value: "true"}]
                  \(sidecar(index))

            """
        }
        return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    other: x\n"
            + annotations.map { "    \($0)\n" }.joined() + "spec:\n  containers:\n" + containers.joined()
    }

    private static func preStop(_ handler: String) -> String { "lifecycle: {preStop: {\(handler)}}" }

    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var options = ConversionOptions()
        let text: @Sendable (Int) -> String

        init(_ name: String, text: @escaping @Sendable (Int) -> String) {
            (testDescription, self.text) = (name, text)
        }

        func with(_ change: (inout ConversionOptions) -> Void) -> Shape {
            var shape = self
            change(&shape.options)
            return shape
        }
    }

    private static let shapes = [
        Shape("hooks that ask nobody") { count in
            pod(count) { _ in preStop("exec: {command: [sh, -c, 'curl http://localhost:99999/x']}") }
        },
        Shape("hooks that wait for a file") { count in
            pod(count) { index in
                preStop("exec: {command: [sh, -c, 'until [ -f /v/done ]; do sleep 1; done']}")
                    + "\n      volumeMounts: [{name: v\(index), mountPath: /v}]"
            }
        },
        Shape("probes of ports of nobody") { count in
            pod(count) { _ in "readinessProbe: {httpGet: {path: /r, port: 99999}}" }
        },
        Shape("commands that ask ports of main") { count in
            pod(count) { index in "livenessProbe: {exec: {command: [curl, 'http://localhost:\(index + 1)/x']}}" }
        },
        Shape("programs that wait for main") { count in
            pod(count) { index in "command: [wait-for-it, 'localhost:\(index + 1)']" }
        },
        Shape("an annotation that names all") { count in
            let names = (0..<count).map { "side-\($0)" }.joined(separator: ",")
            return pod(count, annotations: ["sidecar.k-pipe.cloud/sidecars: \(names)"])
        },
        Shape("an annotation with a value for each") { count in
            let values = (0..<count).map { "\"side-\($0)\": \"5s\"" }.joined(separator: ", ")
            return pod(count, annotations: ["sidecar.k-pipe.cloud/linger: '{\(values)}'"])
        },
        Shape("an annotation for each") { count in
            pod(count, annotations: (0..<count).map { "sidecar.k-pipe.cloud/linger.side-\($0): 5s" })
        },
        Shape("known sidecars that are asked about") { count in
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
                + (0..<count).map {
                    """
                        - {name: main-\($0), image: a, ports: [{containerPort: \($0 + 1)}]}
                        - {name: side-\($0), image: envoyproxy/envoy}

                    """
                }.joined()
        }.with { $0.detectsKnown = true },
        Shape("pods on a user's path") { count in
            "apiVersion: a.io/v1\nkind: A\nspec:\n  workers:\n"
                + String(
                    repeating: """
                          - spec:
                              containers:
                              - {name: main, image: a}
                              - {name: side, image: b, env: [{name: \(marker), value: "true"}]}

                        """, count: count)
        }.with { $0.podSpecPaths = ["spec.workers[].spec"] },
        Shape("comments on native sidecars that go back") { count in
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: main, image: a}\n  initContainers:\n"
                + (0..<count).map { "  # \($0)\n  - name: side-\($0)\n    # \($0)\n    restartPolicy: Always\n" }
                .joined()
        }.with { $0.direction = .toOrdinary },
        Shape("loops of a script") { count in
            pod(1) { _ in
                "command: [sh, -c, '\(String(repeating: "while true; do sleep 1; done; ", count: count * 2))']"
            }
        },
        Shape("reasons to ignore something in each item") { count in
            "apiVersion: v1\nkind: List\nitems:\n"
                + (0..<count * 2).map {
                    """
                    - apiVersion: v1
                      kind: Pod
                      metadata: {name: p\($0), annotations: {sidecar.k-pipe.cloud/ignore: KS103 quick}}
                      spec:
                        containers:
                        - {name: main, image: a}
                        - {name: side, image: b, env: [{name: \(marker), value: "true"}]}

                    """
                }.joined()
        },
    ]

    /// Of this thread alone, however busy the machine is.
    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// It would be sixteen times as much if each were looked at beside each other one.
    @Test(arguments: shapes) func fourTimesAsManyCostFourTimesAsMuch(_ shape: Shape) throws {
        func cost(_ count: Int) throws -> Double {
            let text = Array(shape.text(count).utf8)
            var least = Double.infinity
            for _ in 0..<3 {
                let start = Self.seconds()
                let conversion = try StreamConverter(shape.options).convert(text)
                least = min(least, Self.seconds() - start)
                #expect(conversion.isChanged)
            }
            return least
        }
        let (few, many) = (try cost(300), try cost(1200))
        #expect(many < 8 * few, "\(few) s, then \(many) s")
    }

    @Test(arguments: [(64, false), (65, true)]) func anOrderOfManyIsToldByItsBeginning(_ count: Int, _ isCut: Bool)
        throws
    {
        let text = Self.pod(count)
        let said = try StreamConverter(ConversionOptions()).convert(Array(text.utf8)).diagnostics
            .first { $0.rule.id == "KS119" }?.message
        #expect(
            said?.hasSuffix(", …") == isCut && said?.split(separator: ",").count == (isCut ? 65 : 64),
            "\(said ?? "nothing")")
    }
}
