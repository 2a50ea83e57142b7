import YAMLTree

/// What a client accepts, and an answer in that.
enum ResponseFormat {
    static func events(for request: KubeRequest) -> EventFormat { .json }

    static func encode(_ answer: KubeAnswer, for request: KubeRequest)
        -> (contentType: String, bytes: [UInt8], coding: String?)
    {
        switch answer.body {
        case .bytes(let bytes, let contentType): (contentType, bytes, nil)
        case .object(let object): ("application/json", Array((object.text + "\n").utf8), nil)
        }
    }
}
