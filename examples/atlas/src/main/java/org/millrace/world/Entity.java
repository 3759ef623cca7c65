package org.millrace.world;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One row of a table: a name, and the values it has by relation. A relation without a value is
/// absent.
public record Entity(String name, Map<String, List<String>> values) {

    public Entity {
        values = Map.copyOf(values);
    }

    /// The right values of a relation, the principal one first; empty when there is none.
    public List<String> values(String relation) {
        return values.getOrDefault(relation, List.of());
    }

    /// The name as part of a URL: lower case ASCII letters, digits and hyphens.
    public String slug() {
        return slug(name);
    }

    public static String slug(String text) {
        String slug = Normalizer.normalize(text, Normalizer.Form.NFD)
                .replaceAll("\\p{M}", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("^the ", "")
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        return slug.isEmpty() ? Draw.id(text) : slug;
    }
}
