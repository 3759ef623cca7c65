package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.millrace.inference.Answered;
import org.millrace.inference.Rating;
import org.millrace.inference.RecentAnswers;

/// A request of `/v1/feedback`, by the names of the event that it becomes. An answer is `ID/INDEX`: the id of the
/// reply and the index of the choice.
record FeedbackRequest(Fields request) {

    private static final Set<String> FIELDS = Set.of(
            "rater_id", "shown_order", "ranking", "not_rankable", "lead_time_ms", "comment", "source", "supersedes");

    private static final Pattern ANSWER = Pattern.compile("(.{1,128})/(0|[1-9][0-9]{0,2})");

    /// An answer that is not, or no longer, kept here.
    static final class Forgotten extends Exception {

        private static final long serialVersionUID = 1;

        private final String field;

        private Forgotten(String field) {
            super(field + ": expected an answer that was drawn here lately with store = true, got another");
            this.field = field;
        }

        String field() {
            return field;
        }
    }

    /// @throws IllegalArgumentException naming field, expectation and value
    Rating rating(RecentAnswers kept) throws Forgotten {
        checkFields();
        String rater = Fields.text("rater_id", request.need("rater_id", "text"));
        List<Shown> shown = shown(kept);
        Answered first = shown.getFirst().of();
        return new Rating(
                rater,
                first.turns(),
                first.served().tokenizer(),
                first.prompt(),
                shown.stream().map(Shown::candidate).toList(),
                groups(),
                request.flag("not_rankable"),
                Duration.ofMillis(request.whole("lead_time_ms").orElse(0)),
                request.text("comment", ""),
                request.text("source", ""),
                request.text("supersedes", ""));
    }

    private void checkFields() {
        for (Map.Entry<String, JsonNode> field : request.object().properties()) {
            if (!FIELDS.contains(field.getKey())) {
                throw new IllegalArgumentException("%s: expected a known field, got this one"
                        .formatted(field.getKey().length() <= 40 ? field.getKey() : "body"));
            }
        }
    }

    /// @param of the reply that it came in
    private record Shown(String id, Answered of, int choice) {

        Rating.Candidate candidate() {
            return new Rating.Candidate(
                    id, of.served().version(), of.at(), of.choices().get(choice));
        }

        /// Models that read the same ids in the same words have one tokenizer.
        boolean answersSameAs(Shown other) {
            return of.prompt().equals(other.of.prompt())
                    && of.turns().equals(other.of.turns())
                    && of.served().tokenizer().equals(other.of.served().tokenizer());
        }
    }

    private List<Shown> shown(RecentAnswers kept) throws Forgotten {
        request.need("shown_order", "a list of answers");
        List<String> ids = request.texts("shown_order");
        Rating.checkCount(ids.size());
        List<Shown> shown = new ArrayList<>();
        for (String id : ids) {
            String field = "shown_order[%d]".formatted(shown.size());
            Shown answer = find(id, kept).orElseThrow(() -> new Forgotten(field));
            if (!shown.isEmpty() && !answer.answersSameAs(shown.getFirst())) {
                throw new IllegalArgumentException(
                        field + ": expected an answer to the same prompt as shown_order[0], got one to another");
            }
            shown.add(answer);
        }
        return shown;
    }

    private static Optional<Shown> find(String id, RecentAnswers kept) {
        Matcher parts = ANSWER.matcher(id);
        if (!parts.matches()) {
            return Optional.empty();
        }
        int choice = Integer.parseInt(parts.group(2));
        return kept.find(parts.group(1))
                .filter(answered -> choice < answered.choices().size())
                .map(answered -> new Shown(id, answered, choice));
    }

    private List<List<String>> groups() {
        JsonNode ranking = request.find("ranking").orElse(null);
        List<List<String>> groups = new ArrayList<>();
        if (ranking == null) {
            return groups;
        }
        if (!ranking.isArray()) {
            throw Fields.mistake("ranking", "a list of groups", ranking);
        }
        for (JsonNode group : ranking) {
            String field = "ranking[%d]".formatted(groups.size());
            if (!group.isArray()) {
                throw Fields.mistake(field, "a list of answers", group);
            }
            List<String> members = new ArrayList<>();
            for (JsonNode member : group) {
                members.add(Fields.text("%s[%d]".formatted(field, members.size()), member));
            }
            groups.add(members);
        }
        return groups;
    }
}
