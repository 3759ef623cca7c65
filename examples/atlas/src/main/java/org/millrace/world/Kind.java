package org.millrace.world;

import java.util.List;
import java.util.Map;

/// A table of entities and the patterns that speak about them.
///
/// @param name of its files, and folder of its URLs
/// @param pronoun stands for a name already mentioned: "the country"
/// @param asked whether questions are asked about it
/// @param invented whether questions are also asked about made-up names, to be answered "I don't
///     know"
/// @param foreign sentences in other languages by language code; holes are `name` and relation
///     names
public record Kind(
        String name,
        String singular,
        String plural,
        String pronoun,
        boolean asked,
        boolean invented,
        int pagesPerEntity,
        List<Relation> relations,
        List<PageType> pages,
        Map<String, List<Pattern>> foreign,
        List<Entity> entities) {

    public Kind {
        relations = List.copyOf(relations);
        pages = List.copyOf(pages);
        entities = List.copyOf(entities);
    }

    public Relation relation(String relationName) {
        return relations.stream()
                .filter(relation -> relation.name().equals(relationName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "relation: expected one of kind %s, got %s".formatted(name, relationName)));
    }

    Kind first(int count) {
        return new Kind(
                name,
                singular,
                plural,
                pronoun,
                asked,
                invented,
                pagesPerEntity,
                relations,
                pages,
                foreign,
                entities.subList(0, Math.min(count, entities.size())));
    }
}
