package org.millrace.crawler.manners;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.millrace.crawler.web.NormalUrl;

/// The `/.well-known/tdmrep.json` of an origin: which paths are reserved from text and data mining (W3C
/// Community Group report "TDM Reservation Protocol").
///
/// @param rules in the order of the file
record TdmFile(List<Rule> rules) {

    static final TdmFile NONE = new TdmFile(List.of());

    private static final ObjectMapper JSON = new ObjectMapper();

    /// More are no policy of people.
    private static final int MAX_RULES = 10_000;

    TdmFile {
        rules = List.copyOf(rules);
    }

    record Rule(PathPattern location, boolean reserved) {}

    /// A file that is not what the report describes reserves nothing, as the report says.
    static TdmFile read(byte[] body) {
        try {
            List<Rule> rules = new ArrayList<>();
            JsonNode file = JSON.readTree(body);
            for (JsonNode entry : file.isObject() ? List.of(file) : file) {
                String location = entry.path("location").asText("");
                String reservation = entry.path("tdm-reservation").asText("");
                if (!location.isEmpty() && (reservation.equals("0") || reservation.equals("1"))) {
                    rules.add(new Rule(PathPattern.of(location), reservation.equals("1")));
                }
                if (rules.size() == MAX_RULES) {
                    break;
                }
            }
            return new TdmFile(rules);
        } catch (IOException e) {
            return NONE;
        }
    }

    /// The most specific rule counts, and the report calls the first one that matches the most specific.
    /// Others read it as the longest, as in robots.txt. Where the two differ, the one that reserves counts.
    boolean reserves(NormalUrl url) {
        String subject = PathPattern.subject(url);
        Rule first = null;
        Rule longest = null;
        for (Rule rule : rules) {
            if (rule.location.matches(subject)) {
                first = first == null ? rule : first;
                longest = longest == null || rule.location.length() > longest.location.length() ? rule : longest;
            }
        }
        return first != null && first.reserved || longest != null && longest.reserved;
    }
}
