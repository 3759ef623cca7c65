package org.millrace.cleaner;

/// A page as a server sent it.
///
/// @param url absolute; relative links of the page resolve against it
/// @param contentType as the server sent it, with its charset; empty if it sent none
/// @param body decoded of content-encoding, not yet of its charset; owned by the page from here on
@SuppressWarnings("ArrayRecordComponent") // pages are judged, never compared
public record Page(String url, String contentType, byte[] body) {

    /// A page larger than this is a data dump; its parse tree would take ten times as much memory.
    /// Whoever reads a body may stop one byte behind it.
    public static final int MAX_BODY_BYTES = 4 << 20;
}
