@testable import KubeRuntime

/// An object of the scripted server.
struct WorldObject: Sendable, Equatable {
    var name: String
    var uid: String
    var version: Int

    var json: String {
        #"{"metadata":{"name":"\#(name)","namespace":"day","uid":"\#(uid)","resourceVersion":"\#(version)"}}"#
    }

    func event(_ type: String) -> String { #"{"type":"\#(type)","object":\#(json)}"# + "\n" }
}
