package org.millrace.crawler.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The header fields of an answer, in the order in which they were sent.
public record Headers(List<Field> fields) {

    public static final Headers NONE = new Headers(List.of());

    public Headers {
        fields = List.copyOf(fields);
    }

    /// One field. A name that is sent twice makes two.
    public record Field(String name, String value) {}

    /// Names and values in turn.
    public static Headers of(String... namesAndValues) {
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i + 1 < namesAndValues.length; i += 2) {
            fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
        }
        return new Headers(fields);
    }

    /// The first field of this name, empty if none was sent.
    public String first(String name) {
        for (Field field : fields) {
            if (field.name.equalsIgnoreCase(name)) {
                return field.value;
            }
        }
        return "";
    }

    /// All fields of this name.
    public List<String> all(String name) {
        return fields.stream()
                .filter(field -> field.name.equalsIgnoreCase(name))
                .map(Field::value)
                .toList();
    }

    public String contentType() {
        return first("Content-Type");
    }

    /// What a later request asks for changes since.
    public Version version() {
        return new Version(first("ETag"), first("Last-Modified"));
    }

    /// The licence that a `Link` field names, of a page or file at `url` (RFC 4946, RFC 8288).
    public Optional<NormalUrl> licence(NormalUrl url) {
        return all("Link").stream()
                .flatMap(value -> LinkField.read(value).stream())
                .filter(link -> link.is("license"))
                .flatMap(link -> url.resolve(link.target()).stream())
                .findFirst();
    }
}
