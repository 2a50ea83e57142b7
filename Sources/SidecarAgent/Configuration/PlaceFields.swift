import Basics
import ConfigSchema
import Transfer
import YAMLTree

/// An entry that names a place, and may say how it is reached.
protocol PlacedConfiguration: Configurable {
    var settings: StoreSettings { get set }
}

extension Field where Root: PlacedConfiguration {
    /// Of every entry that names a place.
    static var access: [Field] {
        [
            .optional(
                "endpoint", \.settings.endpoint, .template.checked { urlProblem($0) },
                "Where the store is, instead of its provider's own."),
            .optional("region", \.settings.region, .template, "The bucket's region."),
            .optional(
                "profile", \.settings.profile, .template,
                "A profile of AWS's shared files, for its credentials and more."),
            .optional("anonymous", \.settings.anonymous, .boolean, "Sign nothing: for public places."),
            .optional("requesterPays", \.settings.requesterPays, .boolean, "Be charged for requests to the bucket."),
            .optional("fips", \.settings.fips, .boolean, "Use AWS's FIPS endpoints."),
            .optional("dualStack", \.settings.dualStack, .boolean, "Use AWS's endpoints with IPv6."),
            .optional(
                "customerKeyFile", \.settings.customerKeyFile, .absolutePath,
                "A file with the 32 bytes (or their base64) by which S3 encrypts and which it does not keep (SSE-C)."),
        ]
    }

    /// Of entries that are stored.
    static var storing: [Field] {
        [
            .optional(
                "storageClass", \.settings.storageClass, .template.checked(["examples": ["STANDARD_IA"]]) { _ in nil },
                "The storage class, at Azure the access tier."),
            .optional(
                "encryption", \.settings.encryption,
                Shape<String>.scalar(
                    ["type": "string", "enum": ["AES256", "aws:kms", "aws:kms:dsse"]],
                    expected: "AES256, aws:kms or aws:kms:dsse", show: { .string($0) },
                    parse: { ["AES256", "aws:kms", "aws:kms:dsse"].contains($0.text) ? $0.text : nil }),
                "How S3 encrypts what is stored. Left out: as the bucket says."),
            .optional("kmsKey", \.settings.kmsKey, .template, "The key of AWS KMS: its id, ARN or alias."),
            .optional(
                "acl", \.settings.acl, .template.checked(["examples": ["bucket-owner-full-control"]]) { _ in nil },
                "A canned ACL of S3."),
            .optional("tags", \.settings.tags, .texts, "Tags of each object."),
            .optional("contentType", \.settings.contentType, .template, "The media type of each object."),
            .optional("metadata", \.settings.metadata, .texts, "Metadata of each object, by name."),
        ]
    }

    private static func urlProblem(_ url: String) -> String? {
        url.hasPrefix("https://") || url.hasPrefix("http://") ? nil : "expected an http(s):// URL"
    }
}

extension StoreSettings {
    /// Reports what the place's store does not know, and what does not go together.
    func check(at url: String, _ decoding: inout Decoding, _ mark: YAMLMark) {
        if let name = unknown(at: url) {
            let scheme = url.prefix { $0 != ":" }
            decoding.at(field: name.rawValue) { $0.report("is nothing that \(scheme):// knows", at: mark) }
        }
        if let (name, why) = contradiction(at: url) {
            decoding.at(field: name.rawValue) { $0.report(why, at: mark) }
        }
    }
}
