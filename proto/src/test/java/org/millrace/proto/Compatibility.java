package org.millrace.proto;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.millrace.proto.options.v1.Topic;
import org.millrace.proto.options.v1.TopicOuterClass;

/// What may change in a contract: anything may be added; what exists keeps its number, name and type, or
/// goes and leaves both number and name reserved. Each breach is one sentence.
final class Compatibility {

    private final Map<String, DescriptorProto> messages = new HashMap<>();
    private final Map<String, EnumDescriptorProto> enums = new HashMap<>();
    private final Map<String, ServiceDescriptorProto> services = new HashMap<>();
    private final List<String> breaches = new ArrayList<>();

    private Compatibility(FileDescriptorSet now) {
        for (FileDescriptorProto file : now.getFileList()) {
            file.getMessageTypeList().forEach(message -> index(file.getPackage(), message));
            file.getEnumTypeList().forEach(type -> enums.put(file.getPackage() + "." + type.getName(), type));
            file.getServiceList().forEach(type -> services.put(file.getPackage() + "." + type.getName(), type));
        }
    }

    /// What somebody who speaks `before` would stumble over in `now`; empty if nothing.
    static List<String> breaches(FileDescriptorSet before, FileDescriptorSet now) {
        var compatibility = new Compatibility(now);
        for (FileDescriptorProto file : before.getFileList()) {
            String scope = file.getPackage();
            file.getMessageTypeList().forEach(message -> compatibility.checkMessage(scope, message));
            file.getEnumTypeList().forEach(type -> compatibility.checkEnum(scope, type));
            file.getServiceList().forEach(service -> compatibility.checkService(scope, service));
        }
        return compatibility.breaches;
    }

    private void index(String scope, DescriptorProto message) {
        String name = scope + "." + message.getName();
        messages.put(name, message);
        message.getNestedTypeList().forEach(nested -> index(name, nested));
        message.getEnumTypeList().forEach(type -> enums.put(name + "." + type.getName(), type));
    }

    private void checkMessage(String scope, DescriptorProto before) {
        String name = scope + "." + before.getName();
        DescriptorProto now = messages.get(name);
        if (now == null) {
            breaches.add(name + ": the message is gone");
            return;
        }
        checkTopic(name, before, now);
        before.getFieldList().forEach(field -> checkField(name, field, before, now));
        before.getNestedTypeList().forEach(nested -> checkMessage(name, nested));
        before.getEnumTypeList().forEach(type -> checkEnum(name, type));
    }

    private void checkTopic(String name, DescriptorProto before, DescriptorProto now) {
        Topic was = before.getOptions().getExtension(TopicOuterClass.topic);
        Topic is = now.getOptions().getExtension(TopicOuterClass.topic);
        if (!was.getName().equals(is.getName())) {
            breaches.add("%s: its topic was \"%s\", is \"%s\"".formatted(name, was.getName(), is.getName()));
        }
        if (was.getCompacted() != is.getCompacted()) {
            breaches.add("%s: its topic was %scompacted, is %scompacted"
                    .formatted(name, was.getCompacted() ? "" : "not ", is.getCompacted() ? "" : "not "));
        }
    }

    private void checkField(String message, FieldDescriptorProto before, DescriptorProto owner, DescriptorProto now) {
        String name = "%s.%s (%d)".formatted(message, before.getName(), before.getNumber());
        for (FieldDescriptorProto field : now.getFieldList()) {
            if (field.getNumber() == before.getNumber()) {
                compare(name, "name", before.getName(), field.getName());
                compare(name, "type", type(before), type(field));
                compare(name, "cardinality", cardinality(before), cardinality(field));
                compare(name, "oneof", oneof(before, owner), oneof(field, now));
                return;
            }
            if (field.getName().equals(before.getName())) {
                breaches.add("%s: renumbered to %d".formatted(name, field.getNumber()));
                return;
            }
        }
        boolean numberReserved = now.getReservedRangeList().stream()
                .anyMatch(range -> range.getStart() <= before.getNumber() && before.getNumber() < range.getEnd());
        if (!numberReserved || !now.getReservedNameList().contains(before.getName())) {
            breaches.add("%s: removed, but number and name are not both reserved".formatted(name));
        }
    }

    private void checkEnum(String scope, EnumDescriptorProto before) {
        String name = scope + "." + before.getName();
        EnumDescriptorProto now = enums.get(name);
        if (now == null) {
            breaches.add(name + ": the enum is gone");
            return;
        }
        for (EnumValueDescriptorProto value : before.getValueList()) {
            String valueName = "%s.%s (%d)".formatted(name, value.getName(), value.getNumber());
            EnumValueDescriptorProto same = now.getValueList().stream()
                    .filter(candidate -> candidate.getNumber() == value.getNumber())
                    .findFirst()
                    .orElse(null);
            if (same != null) {
                compare(valueName, "name", value.getName(), same.getName());
            } else if (!now.getReservedNameList().contains(value.getName())
                    || now.getReservedRangeList().stream()
                            .noneMatch(range ->
                                    range.getStart() <= value.getNumber() && value.getNumber() <= range.getEnd())) {
                breaches.add("%s: removed, but number and name are not both reserved".formatted(valueName));
            }
        }
    }

    private void checkService(String scope, ServiceDescriptorProto before) {
        String name = scope + "." + before.getName();
        ServiceDescriptorProto now = services.get(name);
        if (now == null) {
            breaches.add(name + ": the service is gone");
            return;
        }
        for (MethodDescriptorProto method : before.getMethodList()) {
            String methodName = name + "." + method.getName();
            MethodDescriptorProto same = now.getMethodList().stream()
                    .filter(candidate -> candidate.getName().equals(method.getName()))
                    .findFirst()
                    .orElse(null);
            if (same == null) {
                breaches.add(methodName + ": the method is gone");
            } else {
                compare(methodName, "signature", signature(method), signature(same));
            }
        }
    }

    private void compare(String name, String what, String was, String is) {
        if (!Objects.equals(was, is)) {
            breaches.add("%s: its %s was %s, is %s".formatted(name, what, was, is));
        }
    }

    private static String type(FieldDescriptorProto field) {
        return field.getTypeName().isEmpty()
                ? field.getType().name().substring("TYPE_".length()).toLowerCase(java.util.Locale.ROOT)
                : field.getTypeName().substring(1);
    }

    private static String cardinality(FieldDescriptorProto field) {
        return field.getLabel() == FieldDescriptorProto.Label.LABEL_REPEATED
                ? "repeated"
                : field.getProto3Optional() ? "optional" : "single";
    }

    private static String oneof(FieldDescriptorProto field, DescriptorProto owner) {
        return field.hasOneofIndex() && !field.getProto3Optional()
                ? owner.getOneofDecl(field.getOneofIndex()).getName()
                : "none";
    }

    private static String signature(MethodDescriptorProto method) {
        return "(%s%s) returns (%s%s)"
                .formatted(
                        method.getClientStreaming() ? "stream " : "",
                        method.getInputType().substring(1),
                        method.getServerStreaming() ? "stream " : "",
                        method.getOutputType().substring(1));
    }
}
