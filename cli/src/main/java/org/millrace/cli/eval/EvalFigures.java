package org.millrace.cli.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.eval.TaskResult.Besides;
import org.millrace.cli.eval.statistics.Bootstrap;
import org.millrace.cli.eval.statistics.Calibration;
import org.millrace.cli.eval.statistics.Figure;
import org.millrace.cli.eval.statistics.Interval;
import org.millrace.cli.eval.task.Task;

/// Results for programs: one JSON object in one line, as `docs/formats/eval.md` has it.
final class EvalFigures {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Results results;
    private final long seed;

    private EvalFigures(Results results) {
        this.results = results;
        this.seed = results.settings().seed();
    }

    static String json(Results results) {
        try {
            return JSON.writeValueAsString(new EvalFigures(results).figures());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("figures are numbers and texts", e);
        }
    }

    private Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("model", model(results.model()));
        results.against().ifPresent(other -> figures.put("against", model(other)));
        figures.put("seed", seed);
        figures.put("resamples", Bootstrap.RESAMPLES);
        figures.put("confidence", 0.95);
        results.mean().ifPresent(mean -> {
            Map<String, Object> score = new LinkedHashMap<>();
            score.put("tasks", mean.model().figures().size());
            put(score, mean.model().value(), mean.model().interval(seed));
            mean.against().ifPresent(other -> {
                Map<String, Object> there = new LinkedHashMap<>();
                put(there, other.value(), other.interval(seed));
                score.put("against", there);
                score.put("difference", difference(mean.model().less(other, seed)));
            });
            figures.put("mean_score", score);
        });
        figures.put("tasks", results.rows().stream().map(this::row).toList());
        return figures;
    }

    private static Map<String, Object> model(ServedModel model) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", model.label());
        facts.put("version", model.served().getVersion());
        facts.put("stage", model.served().getStage());
        facts.put("parameters", model.served().getParameters());
        facts.put("context", model.context());
        facts.put("tokenizer", model.served().getTokenizer());
        return facts;
    }

    private Map<String, Object> row(Results.Row row) {
        Task task = row.task();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", task.name());
        facts.put("kind", task.kind().label());
        facts.put("sha256", task.sha256());
        facts.put("items", task.asked());
        facts.put("items_of_file", task.items().size());
        facts.put("format", task.form().chat() ? "chat" : "text");
        facts.put("delimiter", task.form().delimiter());
        facts.put("separator", task.form().separator());
        facts.put("shots", task.form().shots());
        facts.put("by", task.form().by().label());
        facts.put("max_tokens", task.form().maxTokens());
        facts.put("stop", task.form().stop());
        facts.put("figures", result(row.model()));
        row.against().ifPresent(other -> {
            facts.put("against", result(other));
            Map<String, Object> differences = new LinkedHashMap<>();
            for (int i = 0; i < other.figures().size(); i++) {
                Figure here = row.model().figures().get(i);
                differences.put(
                        here.name(), difference(here.less(other.figures().get(i), seed)));
            }
            facts.put("difference", differences);
        });
        return facts;
    }

    private Map<String, Object> result(TaskResult result) {
        Map<String, Object> facts = new LinkedHashMap<>();
        for (Figure figure : result.figures()) {
            Map<String, Object> one = new LinkedHashMap<>();
            put(one, figure.value(), figure.interval(seed));
            one.put("of", figure.counted());
            one.put("interval", figure.kind() == Figure.Kind.SHARE ? "wilson" : "bootstrap");
            facts.put(figure.name(), one);
        }
        switch (result.besides()) {
            case Besides.Nothing nothing -> {}
            case Besides.Read read -> {
                facts.put("bytes", read.bytes());
                facts.put("tokens", read.tokens());
                facts.put("windows", read.windows());
                facts.put("stride", read.stride());
            }
            case Besides.Guessing guessing -> facts.put("baseline", guessing.baseline());
            case Besides.Signs signs -> {
                facts.put("pairs_for_first", signs.first());
                facts.put("pairs_for_second", signs.second());
                facts.put("sign_test_p", signs.p());
            }
        }
        facts.put("truncated", result.truncated());
        result.calibration().ifPresent(found -> facts.put("calibration", calibration(found)));
        return facts;
    }

    private static Map<String, Object> difference(Figure.Difference difference) {
        Map<String, Object> facts = new LinkedHashMap<>();
        put(facts, difference.value(), difference.interval());
        difference.p().ifPresent(p -> facts.put("mcnemar_p", p));
        return facts;
    }

    private static Map<String, Object> calibration(Calibration calibration) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("expected_error", finite(calibration.error()));
        facts.put("bins", calibration.bins().stream().map(EvalFigures::bin).toList());
        return facts;
    }

    private static Map<String, Object> bin(Calibration.Bin bin) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("above", bin.from());
        facts.put("to", bin.to());
        facts.put("answers", bin.answers());
        facts.put("confidence", bin.confidence());
        facts.put("right", bin.right());
        if (bin.answers() > 0) {
            put(facts, bin.accuracy(), Optional.of(Interval.wilson(bin.right(), bin.answers())));
        }
        return facts;
    }

    private static void put(Map<String, Object> facts, double value, Optional<Interval> interval) {
        facts.put("value", finite(value));
        facts.put("low", interval.map(found -> finite(found.low())).orElse(null));
        facts.put("high", interval.map(found -> finite(found.high())).orElse(null));
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
