package org.millrace.proto;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import java.util.SortedSet;
import java.util.TreeSet;

/// Everything in a set of contracts that has a name: `p.Page`, `p.Page.url (2)`, `p.Kind.KIND_OLD (1)`,
/// `p.PageService.Get`. What has a number carries it.
final class Inventory {

    private final SortedSet<String> names = new TreeSet<>();

    private Inventory() {}

    static SortedSet<String> of(FileDescriptorSet contracts) {
        var inventory = new Inventory();
        contracts.getFileList().forEach(inventory::add);
        return inventory.names;
    }

    private void add(FileDescriptorProto file) {
        String scope = file.getPackage();
        file.getMessageTypeList().forEach(message -> add(scope, message));
        file.getEnumTypeList().forEach(type -> add(scope, type));
        file.getExtensionList().forEach(field -> add(scope, field));
        file.getServiceList().forEach(service -> {
            String name = scope + "." + service.getName();
            names.add(name);
            service.getMethodList().forEach(method -> names.add(name + "." + method.getName()));
        });
    }

    private void add(String scope, DescriptorProto message) {
        if (message.getOptions().getMapEntry()) {
            return; // made by the compiler for a map, which is a field
        }
        String name = scope + "." + message.getName();
        names.add(name);
        message.getFieldList().forEach(field -> add(name, field));
        message.getNestedTypeList().forEach(nested -> add(name, nested));
        message.getEnumTypeList().forEach(type -> add(name, type));
    }

    private void add(String scope, EnumDescriptorProto type) {
        String name = scope + "." + type.getName();
        names.add(name);
        type.getValueList().forEach(value -> names.add(numbered(name, value.getName(), value.getNumber())));
    }

    private void add(String scope, FieldDescriptorProto field) {
        names.add(numbered(scope, field.getName(), field.getNumber()));
    }

    static String numbered(String scope, String name, int number) {
        return "%s.%s (%d)".formatted(scope, name, number);
    }
}
