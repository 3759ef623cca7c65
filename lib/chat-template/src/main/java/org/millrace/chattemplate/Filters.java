package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What may stand behind `|`.
final class Filters {

    @FunctionalInterface
    interface Filter {
        Value apply(Evaluator evaluator, Value of, Arguments arguments);
    }

    static final Map<String, Filter> ALL = all();

    private Filters() {}

    private static Map<String, Filter> all() {
        Map<String, Filter> all = new HashMap<>();
        all.put("trim", method("strip"));
        for (String method : List.of("upper", "lower", "capitalize", "replace")) {
            all.put(method, method(method));
        }
        all.put("tojson", Filters::tojson);
        all.put("length", Filters::length);
        all.put("count", Filters::length);
        all.put("join", Filters::join);
        all.put("first", (evaluator, of, arguments) -> end(evaluator, of, arguments, true));
        all.put("last", (evaluator, of, arguments) -> end(evaluator, of, arguments, false));
        all.put("default", Filters::otherwise);
        all.put("d", Filters::otherwise);
        all.put("string", Filters::string);
        all.put("safe", Filters::string); // nothing is escaped for HTML here
        all.put("items", Filters::items);
        all.put("list", Filters::list);
        all.put("reverse", Filters::reverse);
        all.put("map", Filters::map);
        all.put("select", (evaluator, of, arguments) -> select(evaluator, of, arguments, true));
        all.put("reject", (evaluator, of, arguments) -> select(evaluator, of, arguments, false));
        all.put("selectattr", (evaluator, of, arguments) -> selectByAttribute(evaluator, of, arguments, true));
        all.put("rejectattr", (evaluator, of, arguments) -> selectByAttribute(evaluator, of, arguments, false));
        return Map.copyOf(all);
    }

    /// What is not text becomes text first.
    private static Filter method(String name) {
        return (evaluator, of, arguments) ->
                new TextMethods(evaluator.budget(), evaluator.text(arguments.at(), of), arguments.from(0, name)).call();
    }

    private static Value tojson(Evaluator evaluator, Value of, Arguments arguments) {
        if (!arguments.positional().isEmpty()) {
            throw arguments.error("expected indent=… or ensure_ascii=…, got a value without a name");
        }
        Value[] given = arguments.of("indent?", "ensure_ascii?");
        long indent = given[0] instanceof Value.None ? -1 : arguments.integer("indent", given[0], -1);
        if (indent > 16) {
            throw arguments.error("indent: expected at most 16, got " + indent);
        }
        return new Json(arguments, (int) Math.max(indent, -1), Value.isTrue(given[1])).of(of);
    }

    private static Value length(Evaluator evaluator, Value of, Arguments arguments) {
        arguments.of();
        return new Value.Int(
                switch (of) {
                    case Text text -> {
                        evaluator
                                .budget()
                                .spend(arguments.at(), 1 + text.string().length() / 16);
                        yield text.length();
                    }
                    case Value.Seq(var items) -> items.size();
                    case Value.Dict(var entries) -> entries.size();
                    case Value.Undefined _ -> 0;
                    default -> arguments.wrong("value", "text, a list or a dict", of);
                });
    }

    private static Value join(Evaluator evaluator, Value of, Arguments arguments) {
        Value[] given = arguments.of("d?", "attribute?");
        Text separator = evaluator.text(arguments.at(), given[0]);
        TextBuilder joined = new TextBuilder(evaluator.budget());
        boolean first = true;
        for (Value item : evaluator.items(arguments.at(), of)) {
            if (!first) {
                joined.append(arguments.at(), separator);
            }
            Value value = given[1] instanceof Value.Undefined ? item : attribute(evaluator, item, given[1], arguments);
            joined.append(arguments.at(), evaluator.text(arguments.at(), value));
            first = false;
        }
        return joined.build();
    }

    private static Value end(Evaluator evaluator, Value of, Arguments arguments, boolean first) {
        arguments.of();
        List<Value> items = evaluator.items(arguments.at(), of);
        if (items.isEmpty()) {
            return new Value.Undefined(arguments.name() + " of nothing");
        }
        return first ? items.getFirst() : items.getLast();
    }

    private static Value otherwise(Evaluator evaluator, Value of, Arguments arguments) {
        Value[] given = arguments.of("default_value?", "boolean?");
        boolean missing = of instanceof Value.Undefined || Value.isTrue(given[1]) && !Value.isTrue(of);
        return !missing ? of : given[0] instanceof Value.Undefined ? Text.EMPTY : given[0];
    }

    private static Value string(Evaluator evaluator, Value of, Arguments arguments) {
        arguments.of();
        return evaluator.text(arguments.at(), of);
    }

    private static Value items(Evaluator evaluator, Value of, Arguments arguments) {
        arguments.of();
        return switch (of) {
            case Value.Dict dict -> {
                evaluator.budget().spend(arguments.at(), 16L * dict.entries().size());
                yield entries(dict);
            }
            case Value.Undefined _ -> new Value.Seq(List.of());
            default -> arguments.wrong("value", "a dict", of);
        };
    }

    static Value.Seq entries(Value.Dict dict) {
        List<Value> entries = new ArrayList<>();
        dict.entries().forEach((key, value) -> entries.add(new Value.Seq(List.of(key, value))));
        return new Value.Seq(entries);
    }

    private static Value list(Evaluator evaluator, Value of, Arguments arguments) {
        arguments.of();
        return new Value.Seq(evaluator.items(arguments.at(), of));
    }

    private static Value reverse(Evaluator evaluator, Value of, Arguments arguments) {
        arguments.of();
        return new Slices(arguments.at(), evaluator).of(of, Value.None.NONE, Value.None.NONE, new Value.Int(-1));
    }

    private static Value map(Evaluator evaluator, Value of, Arguments arguments) {
        boolean byAttribute = arguments.positional().isEmpty();
        Value attribute = byAttribute ? arguments.of("attribute")[0] : Value.None.NONE;
        String filter = byAttribute
                ? ""
                : arguments.text("filter", arguments.positional().getFirst()).string();
        Arguments rest = byAttribute ? arguments : arguments.from(1, filter);
        return each(
                evaluator,
                of,
                arguments,
                (item, mapped) -> mapped.add(
                        byAttribute
                                ? attribute(evaluator, item, attribute, arguments)
                                : evaluator.filter(filter, item, rest)));
    }

    private static Value select(Evaluator evaluator, Value of, Arguments arguments, boolean wanted) {
        return selected(evaluator, of, arguments, 0, wanted, Value.None.NONE);
    }

    private static Value selectByAttribute(Evaluator evaluator, Value of, Arguments arguments, boolean wanted) {
        if (arguments.positional().isEmpty()) {
            throw arguments.error("expected the name of an attribute, got none");
        }
        return selected(
                evaluator, of, arguments, 1, wanted, arguments.positional().getFirst());
    }

    /// @param test where the name of the test stands in the arguments; without one, what is true is wanted
    private static Value selected(
            Evaluator evaluator, Value of, Arguments arguments, int test, boolean wanted, Value attribute) {
        boolean named = arguments.positional().size() > test;
        String name =
                named ? arguments.text("test", arguments.positional().get(test)).string() : "";
        Arguments rest = named ? arguments.from(test + 1, name) : arguments;
        return each(evaluator, of, arguments, (item, chosen) -> {
            Value asked = test == 0 ? item : attribute(evaluator, item, attribute, arguments);
            if ((named ? evaluator.test(name, asked, rest) : Value.isTrue(asked)) == wanted) {
                chosen.add(item);
            }
        });
    }

    @FunctionalInterface
    private interface Step {
        void apply(Value item, List<Value> results);
    }

    private static Value each(Evaluator evaluator, Value of, Arguments arguments, Step step) {
        List<Value> results = new ArrayList<>();
        for (Value item : evaluator.items(arguments.at(), of)) {
            evaluator.budget().iterate(arguments.at());
            evaluator.budget().spend(arguments.at(), 8);
            step.apply(item, results);
        }
        return new Value.Seq(results);
    }

    /// `a.b` is the attribute b of the attribute a.
    private static Value attribute(Evaluator evaluator, Value item, Value path, Arguments arguments) {
        Value value = item;
        for (String name : arguments.text("attribute", path).string().split("\\.", -1)) {
            evaluator.budget().spend(arguments.at(), 4 + name.length());
            value = evaluator.attribute(arguments.at(), value, name);
        }
        return value;
    }
}
