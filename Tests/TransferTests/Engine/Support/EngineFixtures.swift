import Foundation
import Synchronization

@testable import Transfer

final class MemoryJournal: TransferJournal {
    private struct State {
        var fetched: [String: FetchedRecord] = [:]
        var stored: [String: StoredRecord] = [:]
        var uploads: [String: UploadRecord] = [:]
    }
    private let state = Mutex(State())

    var uploads: [UploadRecord] { state.withLock { Array($0.uploads.values) } }

    func fetched(_ path: String) -> FetchedRecord? { state.withLock { $0.fetched[path] } }
    func record(_ fetched: FetchedRecord) { state.withLock { $0.fetched[fetched.path] = fetched } }
    func stored(at url: String) -> StoredRecord? { state.withLock { $0.stored[url] } }
    func record(_ stored: StoredRecord) { state.withLock { $0.stored[stored.url] = stored } }
    func upload(at url: String) -> UploadRecord? { state.withLock { $0.uploads[url] } }
    func record(_ upload: UploadRecord) { state.withLock { $0.uploads[upload.url] = upload } }
    func forgetUpload(at url: String) { state.withLock { $0.uploads[url] = nil } }
}

/// What handlers were told, from whatever thread.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    var all: [Element] { elements.withLock { $0 } }
    func add(_ element: Element) { elements.withLock { $0.append(element) } }
}

enum FileManagerLink {
    static func make(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }
}
