package org.millrace.cli.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A profile for programs: one JSON object in one line.
final class ProfileFigures {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int NAMES = 50;

    private ProfileFigures() {}

    /// @param sufficiency null if no model is known: then there is no verdict
    static String json(Profile profile, TokenEstimate tokens, @Nullable Sufficiency sufficiency) {
        Profile.Totals kept = profile.kept();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("judged", profile.judged());
        figures.put("kept", kept.documents);
        figures.put("dropped", profile.dropped());
        figures.put("taken_back_by_people", profile.takenBackByPeople());
        Map<String, Long> rules = new LinkedHashMap<>();
        profile.rules().forEach(rule -> rules.put(rule.rule(), rule.count()));
        figures.put("dropped_by_rule", rules);
        figures.put("fetch_outcomes", profile.outcomes());
        figures.put("bytes_fetched", profile.bytesFetched());
        figures.put("bytes", kept.bytes);
        figures.put("characters", kept.characters);
        figures.put("words", kept.words);
        figures.put("characters_median", profile.lengths.quantile(0.5));
        figures.put("duplicate_pages", profile.duplicates());
        figures.put("duplicate_clusters", profile.clusters());
        figures.put("taken_back_by_cleaner", profile.takenBackByCleaner());
        figures.put("revisits", profile.revisits());
        if (kept.counted > 0) {
            figures.put("removed_paragraphs", kept.removedParagraphs);
            figures.put("masked_spans", kept.maskedSpans);
            figures.put("toxic_words", kept.toxicWords);
            figures.put("bias_words", kept.biasWords);
        }
        figures.put("languages", names(profile.languages));
        figures.put("licences", names(profile.licences));
        figures.put("domains", names(profile.domainsKept));
        figures.put("tokens", tokens.tokens());
        figures.put("tokens_least", tokens.least());
        figures.put("tokens_most", tokens.most());
        figures.put("bytes_per_token", rounded(tokens.bytesPerToken()));
        if (sufficiency != null) {
            figures.put("parameters", sufficiency.model().parameters());
            figures.put("tokens_per_parameter", rounded(sufficiency.tokensPerParameter()));
            figures.put("verdict", sufficiency.verdict().label());
            figures.put("verdict_certain", sufficiency.certain());
        }
        try {
            return JSON.writeValueAsString(figures);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("figures are numbers, texts and counts", e);
        }
    }

    private static Map<String, Long> names(TopCounts counts) {
        List<TopCounts.Entry> top = counts.top(NAMES);
        Map<String, Long> names = new LinkedHashMap<>();
        top.forEach(entry -> names.put(entry.name(), entry.count()));
        return names;
    }

    /// Six digits after the point: nothing here is known better.
    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }
}
