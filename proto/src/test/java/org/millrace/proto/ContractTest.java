package org.millrace.proto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.millrace.proto.options.v1.TopicOuterClass;

/// Compares today's contracts with those that were committed. What is added has to be committed too, or
/// nothing would protect it: `mvn -pl proto test -Dmillrace.contracts.save=true` saves it.
class ContractTest {

    private static final String SAVE = "mvn -pl proto test -Dmillrace.contracts.save=true";
    private static final Path RESOURCES = Path.of("src/test/resources");
    private static final Path COMMITTED = RESOURCES.resolve("contracts.binpb");
    private static final Path GOLDEN = RESOURCES.resolve("golden");

    private static final SortedMap<String, FileDescriptor> NOW = new TreeMap<>();

    @BeforeAll
    static void readTheGeneratedClasses() throws Exception {
        NOW.putAll(Generated.files());
        assertThat(NOW).hasSizeGreaterThan(10);
        if (Boolean.getBoolean("millrace.contracts.save")) {
            save();
        }
    }

    @Test
    void nobodyWhoSpeaksTheCommittedContractsStumbles() throws IOException {
        assertThat(Compatibility.breaches(committed(), now()))
                .as("changes that break readers or writers of the committed contracts")
                .isEmpty();
    }

    @Test
    void whatWasAddedIsCommittedToo() throws IOException {
        SortedSet<String> added = new TreeSet<>(Inventory.of(now()));
        added.removeAll(Inventory.of(committed()));

        assertThat(added)
                .as("in no committed contract, so that nothing protects it: run `%s`, and commit what it changes", SAVE)
                .isEmpty();
    }

    @Test
    void everyCommittedEventHasGoldenBytes() throws IOException {
        Set<String> events = new HashSet<>();
        committed().getFileList().forEach(file -> file.getMessageTypeList().forEach(message -> {
            if (message.getOptions().hasExtension(TopicOuterClass.topic)) {
                events.add(file.getPackage() + "." + message.getName());
            }
        }));

        assertThat(events).hasSizeGreaterThan(15);
        assertThat(events).allSatisfy(event -> {
            assertThat(GOLDEN.resolve(event + ".binpb")).isNotEmptyFile();
            assertThat(GOLDEN.resolve(event + ".txtpb")).isNotEmptyFile();
        });
    }

    /// The bytes and the text were written together; both must still mean the same.
    @Test
    void goldenBytesStillSayWhatTheySaid() throws IOException {
        int compared = 0;
        try (Stream<Path> files = Files.list(GOLDEN)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".binpb")).toList()) {
                String name = file.getFileName().toString().replace(".binpb", "");
                Descriptor type = message(name).orElseThrow(() -> new AssertionError(name + " is gone"));
                Message fromBytes = DiscardUnknownFieldsParser.wrap(
                                DynamicMessage.getDefaultInstance(type).getParserForType())
                        .parseFrom(Files.readAllBytes(file));
                DynamicMessage.Builder fromText = DynamicMessage.newBuilder(type);
                TextFormat.Parser.newBuilder()
                        .setAllowUnknownFields(true) // removed fields that are reserved
                        .build()
                        .merge(Files.readString(GOLDEN.resolve(name + ".txtpb")), fromText);
                assertThat(fromBytes).as(name).isEqualTo(fromText.build());
                assertThat(fromBytes.getAllFields()).as(name).isNotEmpty();
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(15);
    }

    @Test
    void everyTopicIsNamedOnce() {
        assertThat(events().map(event ->
                        event.getOptions().getExtension(TopicOuterClass.topic).getName()))
                .doesNotHaveDuplicates()
                .allMatch(name -> name.matches("[a-z]+\\.[a-z]+\\.v\\d+"));
    }

    private static FileDescriptorSet now() {
        return Generated.set(NOW);
    }

    private static FileDescriptorSet committed() throws IOException {
        ExtensionRegistry registry = ExtensionRegistry.newInstance();
        TopicOuterClass.registerAllExtensions(registry);
        return FileDescriptorSet.parseFrom(Files.readAllBytes(COMMITTED), registry);
    }

    private static Stream<Descriptor> events() {
        return NOW.values().stream()
                .flatMap(file -> file.getMessageTypes().stream())
                .filter(message -> message.getOptions().hasExtension(TopicOuterClass.topic));
    }

    private static Optional<Descriptor> message(String fullName) {
        return NOW.values().stream()
                .flatMap(file -> file.getMessageTypes().stream())
                .filter(message -> message.getFullName().equals(fullName))
                .findFirst();
    }

    private static void save() throws IOException {
        if (Files.exists(COMMITTED)) {
            assertThat(Compatibility.breaches(committed(), now()))
                    .as("nothing is saved that breaks what was committed")
                    .isEmpty();
        }
        Files.createDirectories(GOLDEN);
        Files.write(COMMITTED, now().toByteArray());
        for (Descriptor event : events().toList()) {
            Path bytes = GOLDEN.resolve(event.getFullName() + ".binpb");
            if (!Files.exists(bytes)) { // golden bytes are never written anew: that is what they are for
                Message filled = filled(event, 0);
                Files.write(bytes, filled.toByteArray());
                Files.writeString(
                        GOLDEN.resolve(event.getFullName() + ".txtpb"),
                        TextFormat.printer().printToString(filled),
                        UTF_8);
            }
        }
    }

    /// A message with every field set, each to a value of its own.
    private static Message filled(Descriptor type, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            Object value = value(field, depth);
            if (field.isRepeated()) {
                message.addRepeatedField(field, value);
            } else {
                message.setField(field, value);
            }
        }
        return message.build();
    }

    private static Object value(FieldDescriptor field, int depth) {
        int seed = 10 * field.getNumber() + depth;
        return switch (field.getJavaType()) {
            case INT -> seed;
            case LONG -> 1_000_000_000_000L + seed;
            case FLOAT -> seed + 0.5f;
            case DOUBLE -> seed + 0.25;
            case BOOLEAN -> true;
            case STRING -> field.getName() + " äöü " + seed;
            case BYTE_STRING -> ByteString.copyFrom(new byte[] {(byte) seed, 0, -1});
            case ENUM -> List.copyOf(field.getEnumType().getValues()).getLast();
            case MESSAGE -> filled(field.getMessageType(), depth + 1);
        };
    }
}
