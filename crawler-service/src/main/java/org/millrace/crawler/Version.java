package org.millrace.crawler;

/// Which version of a page it is, in the server's own words. Empty where it named none.
///
/// @param etag as sent, with its quotes
/// @param lastModified as sent
public record Version(String etag, String lastModified) {

    public static final Version UNKNOWN = new Version("", "");

    /// This, or the other where nothing is known of this: a 304 need not repeat what it confirms.
    Version or(Version other) {
        return equals(UNKNOWN) ? other : this;
    }
}
