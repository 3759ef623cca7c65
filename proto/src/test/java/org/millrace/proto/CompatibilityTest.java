package org.millrace.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.millrace.proto.options.v1.Topic;
import org.millrace.proto.options.v1.TopicOuterClass;

/// The guard itself: each forbidden change is found and named.
class CompatibilityTest {

    @Test
    void additionsAreFine() {
        assertThat(after(file -> {
                    file.getMessageTypeBuilder(0).addField(field("more", 3, Type.TYPE_STRING));
                    file.addMessageType(DescriptorProto.newBuilder().setName("Other"));
                    file.getEnumTypeBuilder(0).addValue(value("KIND_NEW", 2));
                }))
                .isEmpty();
    }

    @Test
    void renumberingIsFound() {
        assertThat(after(
                        file -> file.getMessageTypeBuilder(0).getFieldBuilder(1).setNumber(7)))
                .containsExactly("p.Page.url (2): renumbered to 7");
    }

    @Test
    void retypingIsFound() {
        assertThat(after(
                        file -> file.getMessageTypeBuilder(0).getFieldBuilder(1).setType(Type.TYPE_BYTES)))
                .containsExactly("p.Page.url (2): its type was string, is bytes");
    }

    @Test
    void renamingIsFound() {
        assertThat(after(
                        file -> file.getMessageTypeBuilder(0).getFieldBuilder(1).setName("uri")))
                .containsExactly("p.Page.url (2): its name was url, is uri");
    }

    @Test
    void repeatingIsFound() {
        assertThat(after(
                        file -> file.getMessageTypeBuilder(0).getFieldBuilder(1).setLabel(Label.LABEL_REPEATED)))
                .containsExactly("p.Page.url (2): its cardinality was single, is repeated");
    }

    @Test
    void removingIsFoundUnlessNumberAndNameAreReserved() {
        assertThat(after(file -> file.getMessageTypeBuilder(0).removeField(1)))
                .containsExactly("p.Page.url (2): removed, but number and name are not both reserved");
        assertThat(after(file -> file.getMessageTypeBuilder(0)
                        .removeField(1)
                        .addReservedName("url")
                        .addReservedRange(DescriptorProto.ReservedRange.newBuilder()
                                .setStart(2)
                                .setEnd(3))))
                .isEmpty();
    }

    @Test
    void aMovedTopicIsFound() {
        assertThat(after(file -> file.getMessageTypeBuilder(0).setOptions(topic("pages.taken.v1"))))
                .containsExactly("p.Page: its topic was \"pages.fetched.v1\", is \"pages.taken.v1\"");
    }

    @Test
    void aLostMessageEnumValueAndMethodAreFound() {
        assertThat(after(FileDescriptorProto.Builder::clearMessageType)).containsExactly("p.Page: the message is gone");
        assertThat(after(file -> file.getEnumTypeBuilder(0).removeValue(1)))
                .containsExactly("p.Kind.KIND_OLD (1): removed, but number and name are not both reserved");
        assertThat(after(file -> file.getServiceBuilder(0).clearMethod()))
                .containsExactly("p.PageService.Get: the method is gone");
    }

    @Test
    void aMethodThatStartsToStreamIsFound() {
        assertThat(after(file -> file.getServiceBuilder(0).getMethodBuilder(0).setServerStreaming(true)))
                .containsExactly("p.PageService.Get: its signature was (p.Page) returns (p.Page),"
                        + " is (p.Page) returns (stream p.Page)");
    }

    private static Iterable<String> after(Consumer<FileDescriptorProto.Builder> change) {
        FileDescriptorProto before = FileDescriptorProto.newBuilder()
                .setPackage("p")
                .addMessageType(DescriptorProto.newBuilder()
                        .setName("Page")
                        .setOptions(topic("pages.fetched.v1"))
                        .addField(field("id", 1, Type.TYPE_STRING))
                        .addField(field("url", 2, Type.TYPE_STRING)))
                .addEnumType(EnumDescriptorProto.newBuilder()
                        .setName("Kind")
                        .addValue(value("KIND_UNSPECIFIED", 0))
                        .addValue(value("KIND_OLD", 1)))
                .addService(ServiceDescriptorProto.newBuilder()
                        .setName("PageService")
                        .addMethod(MethodDescriptorProto.newBuilder()
                                .setName("Get")
                                .setInputType(".p.Page")
                                .setOutputType(".p.Page")))
                .build();
        FileDescriptorProto.Builder now = before.toBuilder();
        change.accept(now);
        return Compatibility.breaches(set(before), set(now.build()));
    }

    private static FileDescriptorSet set(FileDescriptorProto file) {
        return FileDescriptorSet.newBuilder().addFile(file).build();
    }

    private static FieldDescriptorProto field(String name, int number, Type type) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(Label.LABEL_OPTIONAL)
                .build();
    }

    private static EnumValueDescriptorProto value(String name, int number) {
        return EnumValueDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .build();
    }

    private static MessageOptions topic(String name) {
        return MessageOptions.newBuilder()
                .setExtension(
                        TopicOuterClass.topic, Topic.newBuilder().setName(name).build())
                .build();
    }
}
