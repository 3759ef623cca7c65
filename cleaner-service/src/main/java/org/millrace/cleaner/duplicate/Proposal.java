package org.millrace.cleaner.duplicate;

/// A page that passed every rule that looks at it alone.
///
/// @param id lowercase hex SHA-256 of its text
/// @param url absolute
/// @param characters length of its text, UTF-16 code units
/// @param signature by [MinHash#signature]
/// @param paragraphs by [Paragraphs#edges]
/// @param position place in the sequence of proposals; grows from one to the next
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
public record Proposal(String id, String url, int characters, int[] signature, long[] paragraphs, long position) {

    public Proposal {
        if (id.length() != 64) {
            throw new IllegalArgumentException(
                    "document_id: expected 64 hex digits, got " + id.length() + " characters");
        }
        if (!id.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
            throw new IllegalArgumentException("document_id: expected lowercase hex digits, got others");
        }
        if (url.isEmpty()) {
            throw new IllegalArgumentException("url: expected an absolute URL, got none");
        }
        if (signature.length != MinHash.SIZE) {
            throw new IllegalArgumentException(
                    "signature: expected " + MinHash.SIZE + " values, got " + signature.length);
        }
        if (paragraphs.length > Paragraphs.MOST_EDGES) {
            throw new IllegalArgumentException(
                    "paragraphs: expected at most " + Paragraphs.MOST_EDGES + ", got " + paragraphs.length);
        }
    }
}
