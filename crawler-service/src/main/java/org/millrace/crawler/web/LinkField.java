package org.millrace.crawler.web;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One link of a `Link` header field: `<target>; rel="license next"` (RFC 8288 section 3).
record LinkField(String target, String relations) {

    private static final Pattern TARGET = Pattern.compile("\\G[\\s,]*<([^<>]{0,4096})>");
    private static final Pattern PARAMETER =
            Pattern.compile("\\G\\s*;\\s*([^\\s=;,\"]+)(?:\\s*=\\s*(?:\"([^\"]*)\"|([^\\s;,\"]*)))?");

    /// The links of one field, up to what is none.
    static List<LinkField> read(String value) {
        List<LinkField> links = new ArrayList<>();
        Matcher target = TARGET.matcher(value);
        Matcher parameter = PARAMETER.matcher(value);
        for (int at = 0; target.find(at); ) {
            String relations = null;
            at = target.end();
            while (parameter.find(at)) {
                at = parameter.end();
                if (relations == null && parameter.group(1).equalsIgnoreCase("rel")) { // of several the first counts
                    relations = parameter.group(2) == null ? parameter.group(3) : parameter.group(2);
                }
            }
            if (relations != null) {
                links.add(new LinkField(target.group(1), relations));
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
