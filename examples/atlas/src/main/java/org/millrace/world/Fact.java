package org.millrace.world;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What an entity has by one relation.
///
/// @param values the principal one first; any of them is a right answer
public record Fact(Kind kind, Entity entity, Relation relation, List<String> values) {

    /// The facts of one entity, in the order of the relations.
    public static List<Fact> of(Kind kind, Entity entity) {
        return kind.relations().stream()
                .filter(relation -> !entity.values(relation.name()).isEmpty())
                .map(relation -> new Fact(kind, entity, relation, entity.values(relation.name())))
                .toList();
    }

    /// `kind/entity/relation`, stable.
    public String id() {
        return "%s/%s/%s".formatted(kind.name(), entity.slug(), relation.name());
    }

    /// The fact in one sentence. The principal value is named every second time, the others in
    /// turn.
    ///
    /// @param name how the entity is called here
    /// @param mention how many sentences have stated the fact before
    public String stated(Pattern statement, String name, int mention) {
        String value = mention % 2 == 0 || values.size() == 1
                ? values.getFirst()
                : values.get(1 + mention / 2 % (values.size() - 1));
        return statement.render(name, value, values);
    }

    Question question(int wording, boolean heldOut) {
        Set<String> acceptable = new LinkedHashSet<>();
        for (Pattern answer : List.of(relation.fullAnswer(), relation.terseAnswer())) {
            values.forEach(value -> acceptable.add(answer.render(entity.name(), value, List.of(value))));
        }
        String first = values.getFirst();
        return new Question(
                id() + "/" + wording,
                kind.name(),
                entity.name(),
                relation.name(),
                relation.questions().get(wording).render(entity.name()),
                List.copyOf(acceptable),
                relation.fullAnswer().render(entity.name(), first, List.of(first)),
                relation.terseAnswer().render(entity.name(), first, List.of(first)),
                heldOut,
                true);
    }

    List<Cloze> cloze(boolean heldOut) {
        List<Cloze> cloze = new ArrayList<>();
        for (int i = 0; i < relation.statements().size(); i++) {
            Pattern statement = relation.statements().get(i);
            if (statement.endsWithValue()) {
                String text = statement.text();
                Pattern start = new Pattern(
                        text.substring(0, text.length() - "{value}.".length()).strip());
                cloze.add(new Cloze(
                        id() + "/" + i,
                        kind.name(),
                        entity.name(),
                        relation.name(),
                        start.render(entity.name()),
                        values,
                        heldOut));
            }
        }
        return cloze;
    }
}
