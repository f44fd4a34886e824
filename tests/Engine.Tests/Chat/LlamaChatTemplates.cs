using System.Runtime.InteropServices;
using System.Text;
using Engine.LlamaCpp.Runtime;

namespace Engine.Tests.Chat;

/// <summary>llama.cpp's own rendering of the families it knows, from its library.</summary>
internal static unsafe class LlamaChatTemplates
{
    private static readonly nint Library = NativeLibrary.Load(NativeLibraryLocator.Find(null, AppContext.BaseDirectory));

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Message(nint role, nint content)
    {
        public readonly nint Role = role;
        public readonly nint Content = content;
    }

    public static string Render(string family, bool answers, params (string Role, string Content)[] conversation)
    {
        var apply = (delegate* unmanaged[Cdecl]<nint, Message*, nuint, byte, byte*, int, int>)NativeLibrary.GetExport(Library, "llama_chat_apply_template");
        Message[] messages = [.. conversation.Select(message => new Message(Marshal.StringToCoTaskMemUTF8(message.Role), Marshal.StringToCoTaskMemUTF8(message.Content)))];
        nint name = Marshal.StringToCoTaskMemUTF8(family);
        byte[] text = new byte[1 << 14];
        try
        {
            fixed (Message* first = messages)
            fixed (byte* buffer = text)
            {
                int length = apply(name, first, (nuint)messages.Length, answers ? (byte)1 : (byte)0, buffer, text.Length);
                return length >= 0 && length <= text.Length ? Encoding.UTF8.GetString(text, 0, length) : throw new ArgumentException($"llama.cpp says {length} of '{family}'.", nameof(family));
            }
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
            foreach (Message message in messages)
            {
                Marshal.FreeCoTaskMem(message.Role);
                Marshal.FreeCoTaskMem(message.Content);
            }
        }
    }
}
