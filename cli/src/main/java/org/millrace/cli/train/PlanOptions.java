package org.millrace.cli.train;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.millrace.proto.events.v1.TrainingPlan;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/// Gives a command an option for each field of the plan, named as in the contract with dashes; what is said
/// of it in `--help` stands in `options.properties`.
///
/// A field within a message within a stage has both names: `--sampling-temperature`. Those of `Descent` have
/// only their own.
final class PlanOptions implements IModelTransformer {

    private static final Properties TEXTS = texts();

    /// Of these fields no option can be made, or none is needed.
    private static final Set<String> LEFT_OUT = Set.of(
            "ImprovePolicy.prompts", // from a file, by an option of its own
            "Sampling.top_p", // must be off
            "Sampling.top_k", // must be off
            "Sampling.seed"); // the trainer's

    /// Its fields are as good as the plan's own.
    private static final String EVERYWHERE = "descent";

    /// @param path from the plan to the field
    private record Choice(List<FieldDescriptor> path) {

        FieldDescriptor field() {
            return path.getLast();
        }

        /// Beyond the stage's own name.
        String option() {
            List<String> names = new ArrayList<>();
            for (FieldDescriptor step : path) {
                if (step.getRealContainingOneof() == null && !step.getName().equals(EVERYWHERE)) {
                    names.add(step.getName().replace('_', '-'));
                }
            }
            return "--" + String.join("-", names);
        }

        String text() {
            String key = field().getContainingType().getName() + "." + field().getName();
            return Objects.requireNonNull(
                    TEXTS.getProperty(key), () -> "options.properties: expected a text of " + key + ", got none");
        }
    }

    @Override
    public CommandSpec transform(CommandSpec spec) {
        FieldDescriptor stage = ((SubmitCommand) spec.userObject()).stage();
        choices(stage).forEach(choice -> spec.addOption(option(choice)));
        return spec;
    }

    /// The plan that was asked for on the command line, zeros where nothing was.
    static TrainingPlan.Builder plan(CommandSpec spec, FieldDescriptor stage) {
        TrainingPlan.Builder plan = TrainingPlan.newBuilder();
        plan.getFieldBuilder(stage); // also where it has only zeros
        for (Choice choice : choices(stage)) {
            OptionSpec option = spec.findOption(choice.option());
            if (option.getValue() != null) {
                set(spec, plan, choice, option.getValue());
            }
        }
        return plan;
    }

    private static List<Choice> choices(FieldDescriptor stage) {
        List<Choice> choices = new ArrayList<>();
        boolean fromNothing = stage.getNumber() == TrainingPlan.PRETRAIN_FIELD_NUMBER;
        for (FieldDescriptor field : TrainingPlan.getDescriptor().getFields()) {
            boolean base = field.getNumber() == TrainingPlan.BASE_FIELD_NUMBER;
            if (field.getRealContainingOneof() == null && !(base && fromNothing)) {
                add(choices, List.of(field));
            }
        }
        for (FieldDescriptor field : stage.getMessageType().getFields()) {
            add(choices, List.of(stage, field));
        }
        return choices;
    }

    private static void add(List<Choice> choices, List<FieldDescriptor> path) {
        FieldDescriptor field = path.getLast();
        Descriptor parent = field.getContainingType();
        if (LEFT_OUT.contains(parent.getName() + "." + field.getName())) {
            return;
        }
        if (field.getJavaType() != JavaType.MESSAGE || field.isMapField()) {
            choices.add(new Choice(path));
            return;
        }
        for (FieldDescriptor inner : field.getMessageType().getFields()) {
            List<FieldDescriptor> longer = new ArrayList<>(path);
            longer.add(inner);
            add(choices, List.copyOf(longer));
        }
    }

    private static OptionSpec option(Choice choice) {
        FieldDescriptor field = choice.field();
        OptionSpec.Builder option =
                OptionSpec.builder(choice.option()).description(choice.text()).required(false);
        if (field.getContainingType() == TrainingPlan.getDescriptor()
                && field.getNumber() == TrainingPlan.MAX_STEPS_FIELD_NUMBER) {
            option.names("--steps", choice.option());
        }
        if (field.isMapField()) {
            return option.type(Map.class)
                    .auxiliaryTypes(String.class, Float.class)
                    .splitRegex(",")
                    .paramLabel("NAME=X")
                    .build();
        }
        return switch (field.getJavaType()) {
            case INT -> option.type(Integer.class).paramLabel("N").build();
            case LONG -> option.type(Long.class).paramLabel("N").build();
            case FLOAT -> option.type(Float.class).paramLabel("X").build();
            case BOOLEAN ->
                option.type(Boolean.class)
                        .arity("0..1")
                        .fallbackValue("true")
                        .paramLabel("true|false")
                        .build();
            case STRING -> option.type(String.class).paramLabel("NAME").build();
            case ENUM ->
                option.type(String.class)
                        .paramLabel(String.join("|", words(field)))
                        .build();
            case DOUBLE, BYTE_STRING, MESSAGE -> throw new IllegalStateException("no option can be " + field);
        };
    }

    private static void set(CommandSpec spec, TrainingPlan.Builder plan, Choice choice, Object value) {
        Message.Builder parent = plan;
        for (FieldDescriptor step : choice.path().subList(0, choice.path().size() - 1)) {
            parent = parent.getFieldBuilder(step);
        }
        FieldDescriptor field = choice.field();
        if (value instanceof Map<?, ?> entries) {
            for (Map.Entry<?, ?> entry : entries.entrySet()) {
                Message.Builder pair = parent.newBuilderForField(field);
                pair.setField(field.getMessageType().findFieldByName("key"), entry.getKey());
                pair.setField(field.getMessageType().findFieldByName("value"), entry.getValue());
                parent.addRepeatedField(field, pair.build());
            }
        } else if (field.getJavaType() == JavaType.ENUM) {
            int at = words(field).indexOf(value);
            if (at < 0) {
                throw new ParameterException(
                        spec.commandLine(),
                        "%s: expected one of %s, got \"%s\"".formatted(choice.option(), words(field), value));
            }
            parent.setField(field, field.getEnumType().getValues().get(at + 1));
        } else {
            parent.setField(field, value);
        }
    }

    /// The values of an enumeration but the first, which says nothing: `OPTIMIZER_MUON` is `muon`.
    private static List<String> words(FieldDescriptor field) {
        return field.getEnumType().getValues().stream()
                .skip(1)
                .map(value -> value.getName()
                        .substring(field.getEnumType().getName().length() + 1)
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '-'))
                .toList();
    }

    private static Properties texts() {
        Properties texts = new Properties();
        try (Reader in = new InputStreamReader(
                Objects.requireNonNull(PlanOptions.class.getResourceAsStream("options.properties")),
                StandardCharsets.UTF_8)) {
            texts.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read options.properties", e);
        }
        return texts;
    }
}
