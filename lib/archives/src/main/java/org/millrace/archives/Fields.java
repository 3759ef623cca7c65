package org.millrace.archives;

import java.util.ArrayList;
import java.util.List;

/// Header fields in the order in which they stand. Names are compared without case.
public record Fields(List<Field> fields) {

    public static final Fields NONE = new Fields(List.of());

    public Fields {
        fields = List.copyOf(fields);
    }

    public record Field(String name, String value) {}

    /// Names and values in turn.
    public static Fields of(String... namesAndValues) {
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i + 1 < namesAndValues.length; i += 2) {
            fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
        }
        return new Fields(fields);
    }

    /// The first of this name, empty if there is none.
    public String first(String name) {
        for (Field field : fields) {
            if (field.name.equalsIgnoreCase(name)) {
                return field.value;
            }
        }
        return "";
    }
}
