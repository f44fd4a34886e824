using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Engine.LlamaCpp.Interop;

namespace Engine.Tests.LlamaCpp.Interop;

/// <summary>Judge: abi.txt, written by abi_probe.c, which a C compiler built against llama.cpp's own headers (v0.5.0, x64).</summary>
public sealed class AbiTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "LlamaCpp", "Interop", "abi.txt"));

    private static readonly Type[] Types = typeof(Llama).Assembly.GetTypes().Where(t => t.Namespace == typeof(Llama).Namespace && !t.IsNested).ToArray();

    [Fact]
    public void Every_struct_has_the_size_that_C_gives_it()
    {
        var sizes = Types.Where(t => t is { IsValueType: true, IsEnum: false }).Select(t => $"struct {t.Name} {SizeOf(t)}");
        Assert.Equal(Lines.Where(l => l.StartsWith("struct ", StringComparison.Ordinal)).Order(), sizes.Order());
    }

    [Fact]
    public void Every_field_has_the_name_offset_and_size_that_C_gives_it()
    {
        var fields =
            from type in Types
            where type is { IsValueType: true, IsEnum: false }
            from field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            select $"field {type.Name}.{field.Name} {OffsetOf(field)} {SizeOf(field.FieldType)}";
        Assert.Equal(Lines.Where(l => l.StartsWith("field ", StringComparison.Ordinal)).Order(), fields.Order());
    }

    [Fact]
    public void Every_enum_member_has_the_value_of_the_C_constant()
    {
        var members =
            from type in Types
            where type.IsEnum
            from name in Enum.GetNames(type)
            select $"enum {type.Name}.{name} {(int)Enum.Parse(type, name)}";
        Assert.Equal(Lines.Where(l => l.StartsWith("enum ", StringComparison.Ordinal)).Order(), members.Order());
    }

    private static int SizeOf(Type type) => type.IsPointer || type.IsFunctionPointer
        ? nint.Size
        : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    /// <summary>Address of a field less the address of its struct; Marshal.OffsetOf would tell the marshalled layout.</summary>
    private static unsafe long OffsetOf(FieldInfo field)
    {
        var place = stackalloc byte[SizeOf(field.DeclaringType!)];
        var method = new DynamicMethod(field.Name, typeof(long), [typeof(nint)], typeof(AbiTests).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldflda, field);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<nint, long>>()((nint)place);
    }
}
