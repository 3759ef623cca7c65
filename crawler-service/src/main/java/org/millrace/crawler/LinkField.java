package org.millrace.crawler;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One link of a `Link` header field: `<target>; rel="license next"` (RFC 8288 section 3).
record LinkField(String target, String relations) {

    private static final Pattern LINK = Pattern.compile(
            "<([^>]{0,4096})>((?:\\s*;\\s*[\\w*!#$&+.^`|~-]+(?:\\s*=\\s*(?:\"[^\"]*\"|[^\\s;,\"]*))?)*)");
    private static final Pattern REL =
            Pattern.compile(";\\s*rel\\s*=\\s*(?:\"([^\"]*)\"|([^\\s;,\"]*))", Pattern.CASE_INSENSITIVE);

    /// The links of one field; what is no link is passed over.
    static List<LinkField> read(String value) {
        List<LinkField> links = new ArrayList<>();
        for (Matcher link = LINK.matcher(value); link.find(); ) {
            Matcher rel = REL.matcher(link.group(2));
            if (rel.find()) { // of several, the first counts
                String relations = rel.group(1) == null ? rel.group(2) : rel.group(1);
                links.add(new LinkField(link.group(1), relations));
            }
        }
        return links;
    }

    boolean is(String relation) {
        for (String one : relations.strip().split("\\s+")) {
            if (one.equalsIgnoreCase(relation)) {
                return true;
            }
        }
        return false;
    }
}
