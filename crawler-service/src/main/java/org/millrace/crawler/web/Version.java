package org.millrace.crawler.web;

/// Which version of a page it is, in the server's own words. Empty where it named none, or none that a
/// request could repeat: real ones are short, and of printable ASCII as all of a header should be.
///
/// @param etag as sent, with its quotes
/// @param lastModified as sent
public record Version(String etag, String lastModified) {

    public static final Version UNKNOWN = new Version("", "");

    private static final int LONGEST = 512;

    public Version {
        etag = isUsable(etag) ? etag : "";
        lastModified = isUsable(lastModified) ? lastModified : "";
    }

    private static boolean isUsable(String value) {
        return value.length() <= LONGEST && value.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    /// This, or the other where nothing is known of this: a 304 need not repeat what it confirms.
    public Version or(Version other) {
        return equals(UNKNOWN) ? other : this;
    }
}
