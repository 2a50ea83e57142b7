import Basics
import YAMLTree

/// An object or list as the client wants to see it.
struct ObjectView {
    private let view: Acceptance.View
    private let includesObject: String?
    private let now: KubeTime

    init(_ view: Acceptance.View, _ includesObject: String?, now: KubeTime) {
        self.view = view
        self.includesObject = includesObject
        self.now = now
    }

    func show(_ object: JSONValue, _ type: ResourceType?) -> JSONValue {
        guard let type else { return object }
        let items = object["kind"]?.string == "\(type.kind)List" ? object["items"]?.array ?? [] : nil
        guard items != nil || object["kind"]?.string == type.kind else { return object }
        switch view {
        case .object, .discovery: return object
        case .partialMetadata:
            guard let items else { return metadata(object) }
            return [
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
                "metadata": object["metadata"] ?? .object([]), "items": .array(items.map(metadata)),
            ]
        case .table:
            let columns = TableColumn.columns(of: type)
            return [
                "kind": "Table", "apiVersion": "meta.k8s.io/v1",
                "metadata": items == nil
                    ? ["resourceVersion": object[path: ["metadata", "resourceVersion"]] ?? ""]
                    : object["metadata"] ?? .object([]),
                "columnDefinitions": .array(columns.map(\.definition)),
                "rows": .array(
                    (items ?? [object]).map { item in
                        [
                            "cells": .array(columns.map { $0.cell(item, now) }),
                            "object": row(item, type),
                        ]
                    }),
            ]
        }
    }

    private func row(_ object: JSONValue, _ type: ResourceType) -> JSONValue {
        switch includesObject {
        case "None"?: .null
        case "Object"?: object.asType(type)
        default: metadata(object)
        }
    }

    private func metadata(_ object: JSONValue) -> JSONValue {
        [
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": object["metadata"] ?? .object([]),
        ]
    }
}
