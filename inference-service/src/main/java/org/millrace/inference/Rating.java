package org.millrace.inference;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.millrace.bpe.Turn;

/// Somebody's order of answers to one prompt. Its ids are functions of what it says, so that the same, said twice,
/// is one.
///
/// @param rater pseudonym, 1 to 128 characters
/// @param turns the conversation up to the answers
/// @param tokenizer whose ids prompt and candidates are
/// @param prompt ids that the model saw, the same for all candidates
/// @param candidates 2 to 16, in the order in which they were shown
/// @param ranking groups of ids of candidates, best first; those in a group are equally good; none if `unacceptable`
/// @param unacceptable none of the candidates is
/// @param leadTime from showing to deciding
/// @param comment for people
/// @param source tool and version
/// @param supersedes id of the ranking of the same rater that this one replaces; empty: none
public record Rating(
        String rater,
        List<Turn> turns,
        TokenizerVersion tokenizer,
        List<Integer> prompt,
        List<Candidate> candidates,
        List<List<String>> ranking,
        boolean unacceptable,
        Duration leadTime,
        String comment,
        String source,
        String supersedes) {

    private static final int MAX_CANDIDATES = 16;
    private static final int MAX_NAME = 128;
    private static final int MAX_COMMENT = 2_000;

    /// Of an id: more than enough that no two meet.
    private static final int ID_DIGITS = 32;

    /// One of the answers.
    ///
    /// @param id of its reply, and its place there
    /// @param version of the model that drew it
    /// @param at when it was asked for
    public record Candidate(String id, long version, Instant at, Answered.Choice answer) {}

    /// @throws IllegalArgumentException naming the field of the request, what was expected and what came
    public Rating {
        turns = List.copyOf(turns);
        prompt = List.copyOf(prompt);
        candidates = List.copyOf(candidates);
        ranking = ranking.stream().map(List::copyOf).toList();
        checkLength("rater_id", rater, 1, MAX_NAME);
        checkLength("comment", comment, 0, MAX_COMMENT);
        checkLength("source", source, 0, MAX_NAME);
        checkLength("supersedes", supersedes, 0, MAX_NAME);
        if (leadTime.isNegative()) {
            throw new IllegalArgumentException("lead_time_ms: expected at least 0, got " + leadTime.toMillis());
        }
        checkCount(candidates.size());
        checkDifferent(candidates);
        checkRanking(candidates, ranking, unacceptable);
    }

    /// @param candidates how many were shown
    public static void checkCount(int candidates) {
        if (candidates < 2 || candidates > MAX_CANDIDATES) {
            throw new IllegalArgumentException(
                    "shown_order: expected 2 to %d answers, got %d".formatted(MAX_CANDIDATES, candidates));
        }
    }

    private static void checkLength(String field, String text, int least, int most) {
        if (text.length() < least || text.length() > most) {
            throw new IllegalArgumentException(
                    "%s: expected %d to %d characters, got %d".formatted(field, least, most, text.length()));
        }
    }

    /// Of two answers that are the same, neither is better.
    private static void checkDifferent(List<Candidate> candidates) {
        List<List<Integer>> seen = new ArrayList<>();
        for (Candidate candidate : candidates) {
            int same = seen.indexOf(candidate.answer().tokens());
            if (same >= 0) {
                throw new IllegalArgumentException(
                        "shown_order[%d]: expected another answer than shown_order[%d], got the same"
                                .formatted(seen.size(), same));
            }
            seen.add(candidate.answer().tokens());
        }
    }

    private static void checkRanking(List<Candidate> candidates, List<List<String>> ranking, boolean unacceptable) {
        if (unacceptable) {
            if (!ranking.isEmpty()) {
                throw new IllegalArgumentException(
                        "ranking: expected none where not_rankable is true, got %d groups".formatted(ranking.size()));
            }
            return;
        }
        Set<String> left = new HashSet<>(ids(candidates));
        for (int group = 0; group < ranking.size(); group++) {
            if (ranking.get(group).isEmpty()) {
                throw new IllegalArgumentException("ranking[%d]: expected at least 1 answer, got 0".formatted(group));
            }
            for (String id : ranking.get(group)) {
                if (!left.remove(id)) {
                    throw new IllegalArgumentException(
                            "ranking[%d]: expected each answer of shown_order once, got another, or one twice"
                                    .formatted(group));
                }
            }
        }
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("ranking: expected each answer of shown_order once, got %d of %d"
                    .formatted(candidates.size() - left.size(), candidates.size()));
        }
    }

    /// Of what was to be compared: the same for whoever compares the same answers, in whatever order.
    public String promptId() {
        return digest(ids(sorted()));
    }

    /// Of who said what about it. A rater who goes back to an earlier opinion supersedes another ranking than the
    /// first time, so that is a new one.
    public String rankingId() {
        List<String> said = new ArrayList<>(List.of(promptId(), rater, supersedes, unacceptable ? "none" : "ranked"));
        for (List<String> group : ranking) {
            said.add("group");
            group.stream().sorted().forEach(said::add);
        }
        return digest(said);
    }

    /// The candidates by their ids, so that the order in which they were shown does not matter.
    public List<Candidate> sorted() {
        return candidates.stream().sorted(Comparator.comparing(Candidate::id)).toList();
    }

    /// When the last of the candidates was asked for.
    public Instant at() {
        return candidates.stream()
                .map(Candidate::at)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    private static List<String> ids(Collection<Candidate> candidates) {
        return candidates.stream().map(Candidate::id).toList();
    }

    private static String digest(List<String> parts) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                sha256.update(part.getBytes(StandardCharsets.UTF_8));
                sha256.update((byte) 0);
            }
            return "chat-" + HexFormat.of().formatHex(sha256.digest()).substring(0, ID_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
