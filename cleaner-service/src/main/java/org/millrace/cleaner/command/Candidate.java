package org.millrace.cleaner.command;

import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.duplicate.Paragraphs;
import org.millrace.cleaner.duplicate.Proposal;

/// A page's line, and what the search for duplicates asks of pages that passed the rules.
///
/// @param url from which the page came, made up for one that came from nowhere
/// @param signature and paragraphs: null if the page is dropped already
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record Candidate(Line line, String url, int @Nullable [] signature, long @Nullable [] paragraphs) {

    /// @param url empty if nobody knows
    static Candidate of(Line line, String url) {
        String address = url.isEmpty() ? "file:///" + line.source() : url;
        return line.isKept()
                ? new Candidate(line, address, MinHash.signature(line.text()), Paragraphs.edges(line.text()))
                : new Candidate(line, address, null, null);
    }

    /// @return null if the page is dropped already
    @Nullable
    Proposal proposal(long position) {
        return signature == null || paragraphs == null
                ? null
                : new Proposal(line.documentId(), url, line.text().length(), signature, paragraphs, position);
    }
}
