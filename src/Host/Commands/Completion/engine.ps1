# Completion of "engine" for PowerShell: engine completion powershell | Out-String | Invoke-Expression, in $PROFILE.
Register-ArgumentCompleter -Native -CommandName engine -ScriptBlock {
    param($word, $tree, $cursor)
    $line = $tree.ToString().PadRight($cursor).Substring(0, $cursor) -replace '^\s*\S+\s?', ''
    & $tree.CommandElements[0].Value "[suggest:$($line.Length)]" "$line" 2>$null |
        Where-Object { $_ -and $_ -like "$word*" } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
