package org.millrace.world;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Compares answers after normalising them: case, accents, spaces, a leading "the" and the final
/// punctuation do not matter; everything else does.
final class Grader {

    private final List<Pattern> refusalWordings;
    private final List<java.util.regex.Pattern> refusals;
    private final Map<String, Kind> kinds;

    Grader(World world) {
        this.refusalWordings = world.refusalWordings();
        this.refusals =
                refusalWordings.stream().map(wording -> shape(wording, "")).toList();
        this.kinds = world.kinds().stream().collect(Collectors.toUnmodifiableMap(Kind::name, kind -> kind));
    }

    static String normalised(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFD)
                .replaceAll("\\p{M}", "")
                .replace('\u2019', '\'')
                .toLowerCase(Locale.ROOT)
                .replaceAll("\\s+", " ")
                .strip()
                .replaceAll("[.!?\\s]+$", "")
                .replaceAll("^the ", "");
    }

    boolean isRefusal(String text) {
        String answer = normalised(text);
        return refusals.stream().anyMatch(refusal -> refusal.matcher(answer).matches());
    }

    Grade grade(Question question, String text) {
        String answer = normalised(text);
        if (question.known()) {
            for (String acceptable : question.acceptable()) {
                if (answer.equals(normalised(acceptable))) {
                    return new Grade.Right(form(question, answer));
                }
            }
        }
        if (isRefusal(text)) {
            return new Grade.Refused();
        }
        if (goesOn(answer, refusalWordings.stream().map(wording -> wording.render(question.entity())))) {
            return new Grade.Wrong(Grade.Form.RAMBLING_REFUSAL);
        }
        boolean rambling = question.known() && goesOn(answer, question.acceptable().stream());
        return new Grade.Wrong(rambling ? Grade.Form.RAMBLING : form(question, answer));
    }

    /// Whether the answer begins with one of the texts and does not stop there.
    private static boolean goesOn(String answer, Stream<String> texts) {
        return texts.map(Grader::normalised)
                .anyMatch(start -> answer.startsWith(start)
                        && answer.length() > start.length()
                        && !Character.isLetterOrDigit(answer.charAt(start.length())));
    }

    private Grade.Form form(Question question, String answer) {
        Kind kind = kinds.get(question.kind());
        if (kind == null) {
            throw new IllegalArgumentException(
                    "kind: expected one of %s, got %s".formatted(kinds.keySet(), question.kind()));
        }
        Relation relation = kind.relation(question.relation());
        if (shape(relation.fullAnswer(), question.entity()).matcher(answer).matches()) {
            return Grade.Form.FULL;
        }
        boolean aValue = kind.entities().stream()
                .flatMap(entity -> entity.values(relation.name()).stream())
                .map(value -> relation.terseAnswer().render(question.entity(), value, List.of(value)))
                .anyMatch(terse -> normalised(terse).equals(answer));
        return aValue ? Grade.Form.TERSE : Grade.Form.OTHER;
    }

    /// The pattern as an expression over normalised text: the name fixed when given, a value any
    /// few words.
    private static java.util.regex.Pattern shape(Pattern pattern, String name) {
        String mark = "qqholeqq";
        String shown = name.isEmpty() ? mark : name;
        String filled = normalised(pattern.render(shown, mark, List.of(mark)));
        String any = "[^.!?]{1,60}";
        return java.util.regex.Pattern.compile(Stream.of(filled.split(mark, -1))
                .map(java.util.regex.Pattern::quote)
                .collect(Collectors.joining(any)));
    }
}
