package org.millrace.chattemplate;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// What may stand behind `is`.
final class Tests {

    @FunctionalInterface
    interface Test {
        boolean holds(Evaluator evaluator, Value of, Arguments arguments);
    }

    static final Map<String, Test> ALL = all();

    /// Those that compare with an argument, also without brackets.
    static final Set<String> TWO_SIDED = Set.of("equalto", "eq", "ne", "lt", "le", "gt", "ge", "in", "divisibleby");

    private Tests() {}

    private static Map<String, Test> all() {
        Map<String, Test> all = new HashMap<>();
        all.put("defined", simple(of -> !(of instanceof Value.Undefined)));
        all.put("undefined", simple(of -> of instanceof Value.Undefined));
        all.put("none", simple(of -> of instanceof Value.None));
        all.put("string", simple(of -> of instanceof Text));
        all.put("mapping", simple(of -> of instanceof Value.Dict));
        all.put(
                "iterable",
                simple(of -> of instanceof Text
                        || of instanceof Value.Seq
                        || of instanceof Value.Dict
                        || of instanceof Value.Undefined));
        all.put("sequence", all.get("iterable"));
        all.put(
                "number",
                simple(of -> of instanceof Value.Int || of instanceof Value.Real || of instanceof Value.Bool));
        all.put("integer", simple(of -> of instanceof Value.Int));
        all.put("float", simple(of -> of instanceof Value.Real));
        all.put("boolean", simple(of -> of instanceof Value.Bool));
        all.put("true", simple(of -> of instanceof Value.Bool(boolean is) && is));
        all.put("false", simple(of -> of instanceof Value.Bool(boolean is) && !is));
        all.put("odd", (evaluator, of, arguments) -> rest(of, arguments, 2) == 1);
        all.put("even", (evaluator, of, arguments) -> rest(of, arguments, 2) == 0);
        all.put("divisibleby", Tests::divisible);
        all.put("in", comparison("in"));
        Map.of(
                        "==", "eq",
                        "!=", "ne",
                        "<", "lt",
                        "<=", "le",
                        ">", "gt",
                        ">=", "ge")
                .forEach((operator, name) -> {
                    all.put(operator, comparison(operator)); // for selectattr
                    all.put(name, comparison(operator));
                });
        all.put("equalto", comparison("=="));
        return Map.copyOf(all);
    }

    private static Test simple(Predicate<Value> predicate) {
        return (evaluator, of, arguments) -> {
            arguments.of();
            return predicate.test(of);
        };
    }

    private static Test comparison(String operator) {
        return (evaluator, of, arguments) -> evaluator
                .comparison()
                .holds(arguments.at(), operator, of, arguments.of("other")[0]);
    }

    private static boolean divisible(Evaluator evaluator, Value of, Arguments arguments) {
        long by = arguments.integer("num", arguments.of("num")[0], 0);
        Value rest = Numbers.apply(arguments.at(), "%", of, new Value.Int(by));
        return evaluator.comparison().equal(arguments.at(), rest, new Value.Int(0));
    }

    private static long rest(Value of, Arguments arguments, long by) {
        arguments.of();
        return of instanceof Value.Int(long number)
                ? Math.floorMod(number, by)
                : arguments.wrong("value", "an integer", of);
    }
}
